"""Published totals in words: what was counted, and how exactly."""

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conferences.models import PublishedTotal
from pledges.quantities import grouped, quantity

# Measures whose code does not read as words.
MEASURES = {
    "military-or-police-capability-states": gettext_lazy("States pledging military or police capability"),
    "training-states": gettext_lazy("States pledging training"),
    "medical-states": gettext_lazy("States pledging medical support"),
    "women-states": gettext_lazy("States pledging on women in peacekeeping"),
    "environment-states": gettext_lazy("States pledging on the environment"),
    "pledging-states-growth-on-previous": gettext_lazy("Growth in pledging states on the previous conference"),
    "declaration-states": gettext_lazy("States behind the declaration"),
    "vancouver-principles-states": gettext_lazy("States behind the Vancouver Principles"),
    "process-supporting-states": gettext_lazy("States supporting the process"),
    "co-chairing-states": gettext_lazy("Co-chairing states"),
    "co-hosting-states": gettext_lazy("Co-hosting states"),
    "states-attending-besides-co-hosts": gettext_lazy("States attending besides the co-hosts"),
    "organizations-attending": gettext_lazy("Organisations attending"),
    "ministerial-level-participants": gettext_lazy("Participants at ministerial level"),
    "package-value": gettext_lazy("Value of a national package"),
}
QUALIFIED = {
    PublishedTotal.Qualifier.MORE_THAN: gettext_lazy("more than %(n)s"),
    PublishedTotal.Qualifier.ABOUT: gettext_lazy("about %(n)s"),
}


def measure_words(measure: str) -> str:
    """Return what a published total counts."""
    return str(MEASURES.get(measure) or capfirst(measure.replace("-", " ")))


def published_value(total: PublishedTotal) -> str:
    """Return "62", "more than 60", "about 50", with currency or per cent where the unit is one."""
    money = len(total.unit) == 3 and total.unit.isupper()
    if total.unit == "percent":
        number = _("%(n)s%%") % {"n": total.value}
    else:
        number = quantity(total.value, total.unit) if money else grouped(total.value)
    return str(QUALIFIED.get(PublishedTotal.Qualifier(total.qualifier), "%(n)s")) % {"n": number}
