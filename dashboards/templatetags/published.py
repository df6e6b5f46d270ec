"""Published totals in words, for templates."""

from django import template

from dashboards import measures

register = template.Library()
register.filter("published_value", measures.published_value)
