"""The small world on which pages are tried."""

from tests.pages.conftest import world

__all__ = ["world"]
