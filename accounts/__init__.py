"""Users, roles, API tokens and the context of history: the floor, which imports nothing of ours."""
