"""Pledges from a table: checks rows of the CSV form (docs/data.md) and stores them, all or nothing."""
