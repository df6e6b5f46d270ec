"""Celery tasks: hints to look at the ledger."""
