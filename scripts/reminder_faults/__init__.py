"""Fault tests of the reminders, as one command: scripts/faults. What each shows stands in docs/faults.md."""
