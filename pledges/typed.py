"""Under its earlier name: `accounts.typed`."""

from accounts.typed import keeps_typed, sent_or_kept

__all__ = ["keeps_typed", "sent_or_kept"]
