"""Participants, delegations, conferences and what surrounds them."""
