"""Filters that page, API and export share."""

from typing import Any

import django_filters


class CodesFilter(django_filters.BaseInFilter, django_filters.CharFilter):
    """One or several codes joined by commas, compared with a key that is itself the code: no look-up is needed."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("lookup_expr", "in")
        super().__init__(**options)
