"""The ledger of reminders: what is owed, to whom, and what became of it."""
