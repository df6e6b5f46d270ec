"""A page of all components with sample data, in both directions of writing: a change of the look is checked on it."""

from datetime import date
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

TAGS = (
    ("delivered", "Delivered"),
    ("partly_delivered", "Partly delivered"),
    ("open", "Under way"),
    ("late", "Late"),
    ("unknown", "No report found"),
    ("silent", "Silent"),
    ("not_delivered", "Not delivered"),
    ("withdrawn", "Withdrawn"),
    ("superseded", "Superseded"),
    ("draft", "Draft"),
    ("submitted", "Submitted"),
    ("returned", "Returned"),
    ("registered", "Registered"),
    ("announced", "Announced"),
)
TAGS_IN_ARABIC = (
    ("delivered", "تم الوفاء"),
    ("partly_delivered", "تم الوفاء جزئيا"),
    ("open", "قيد التنفيذ"),
    ("late", "متأخر"),
    ("unknown", "لا يوجد تقرير"),
    ("silent", "لا تحديث"),
    ("withdrawn", "مسحوب"),
    ("draft", "مسودة"),
    ("submitted", "مقدم"),
    ("returned", "معاد"),
    ("registered", "مسجل"),
    ("announced", "معلن"),
)
COUNTS = (("delivered", 1), ("partly_delivered", 2), ("open", 6), ("late", 1), ("unknown", 18))
GAPS = ((3, 2, 1, 1), (5, 6, 5, 4), (3, 0, 0, 0), (None, 1, 0, 0))
CODES = ("AGO", "BDI", "BEN", "BFA", "BWA", "CAF", "CIV", "CMR", "COD", "COG", "COM", "CPV", "DJI", "DZA", "EGY")


class SampleForm(forms.Form):
    """One field of each kind; bound to SAMPLE_INPUT, one of them carries an error."""

    units = forms.IntegerField(widget=forms.TextInput(attrs={"class": "short", "inputmode": "numeric"}))
    women = forms.IntegerField(
        required=False,
        max_value=120,
        widget=forms.TextInput(attrs={"class": "short", "inputmode": "numeric"}),
        error_messages={"max_value": "Enter a number no higher than the persons in the unit (120)."},
    )
    kind = forms.ChoiceField(widget=forms.RadioSelect)
    mission = forms.ChoiceField(required=False, widget=forms.Select(attrs={"class": "medium"}))
    outcome = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}))
    joint = forms.BooleanField(required=False)

    def __init__(self, words: dict[str, Any], **options: Any) -> None:
        """Take labels, hints and choices from `words`, keyed by field name."""
        super().__init__(**options)
        for name, (label, hint) in words["fields"].items():
            self.fields[name].label, self.fields[name].help_text = label, hint
        for name, choices in words["choices"].items():
            cast(forms.ChoiceField, self.fields[name]).choices = choices


SAMPLE_INPUT = {"units": "1", "women": "180", "kind": "renewed", "outcome": "Patients reach surgery within an hour."}

ENGLISH: dict[str, Any] = {
    "title": "Level II field hospital",
    "meta": "Viet Nam · 7KQ4-M2XD · announced 28 September 2015",
    "lede": "Viet Nam is to send a level II field hospital.",
    "crumbs": ({"label": "Leaders’ Summit 2015", "url": "#"}, {"label": "Viet Nam", "url": "#"}),
    "tags": TAGS,
    "figures": (
        {"value": 28, "label": "pledges in this record", "url": "#"},
        {"value": 7, "label": "of 62 (UN) or 64 (IPI) pledging states", "url": "#"},
        {"value": 3, "label": "delivered or partly delivered", "url": "#"},
        {"value": 5, "label": "name a date"},
    ),
    "rule": "announced pledges only",
    "chips": ({"label": "Seoul 2021", "url": "#"}, {"label": "announced", "url": "#"}),
    "range": "Pledges 51 to 100 of 387",
    "visibility": "Your delegation and the Secretariat see this draft. It becomes public when it is announced.",
    "empty": ("No pledges match these filters", "The filter “Armed helicopter unit” leaves none.", "Drop this filter"),
    "entries": (
        {
            "when": "24 May 2022",
            "iso": "2022-05-24",
            "anchor": "entry-2-en",
            "title": "Handed over",
            "text": "The second group of hospital number 4 leaves to relieve number 3.",
            "sources": ({"title": "Level 2 field hospital number 4 leaves", "url": "https://example.org/1"},),
        },
        {
            "when": "2018",
            "iso": "2018",
            "anchor": "entry-1-en",
            "title": "Delayed",
            "text": "Deployment was scheduled for the second quarter of 2018; the first staff left in October.",
            "tag_kind": "late",
            "tag_label": "Delayed",
            "by": "Nguyen Van An, delegation of Viet Nam",
            "sources": ({"title": "Exercise starts", "url": "https://example.org/2", "confidence": "press"},),
        },
    ),
    "facts": (("Capability", "Level II hospital"), ("How many", "1"), ("By when", ""), ("With", "Australia (airlift)")),
    "no_date": "no date given",
    "chart": ("Most pledges were never publicly reported on", "28 pledges by latest known outcome"),
    "outcomes": ("Delivered", "Partly delivered", "Under way", "Delayed", "No report found"),
    "categories": ("Training", "Women, peace and security", "Technology"),
    "gap_heads": ("Capability", "Needed to delivered", "Needed", "Offered", "Verified", "Delivered", "In words"),
    "gap_key": ("offered", "verified", "delivered", "needed", "nobody offered"),
    "gap_names": ("Quick reaction force company", "Infantry battalion", "Utility helicopter", "Helicopter unit"),
    "gap_words": ("2 of 3 not yet delivered", "1 offered above need", "all 3 missing", "number needed not stated"),
    "gap_caption": "Gap by capability",
    "tiles": ("African Group (15 of 54)", "Country {code}: {count} pledges", "pledges in this record"),
    "legend": ("none", "1 to 2", "3 to 5", "6 and more"),
    "fields": {
        "units": ("Helicopter units", "A unit is 3 to 4 helicopters with crews and maintenance."),
        "women": ("Women among them", ""),
        "kind": ("Is this a new commitment?", "It tells the Secretariat what not to count twice."),
        "mission": ("Mission", ""),
        "outcome": ("What will be different once it is delivered?", ""),
        "joint": ("Made together with other participants", ""),
    },
    "choices": {
        "kind": (("new", "New"), ("renewed", "Renews an earlier one")),
        "mission": (("", "Not named"), ("minusca", "MINUSCA"), ("unmiss", "UNMISS")),
    },
    "buttons": ("Save and continue", "Save and leave"),
    "names": ("Conference and pledge", "Numbers and lists", "Form", "Charts", "Who pledged"),
}
ARABIC: dict[str, Any] = ENGLISH | {
    "title": "مستشفى ميداني من المستوى الثاني",
    "meta": "فييت نام · 7KQ4-M2XD · أعلن في 28 أيلول/سبتمبر 2015",
    "lede": "سترسل فييت نام مستشفى ميدانيا من المستوى الثاني.",
    "crumbs": ({"label": "مؤتمر القمة 2015", "url": "#"}, {"label": "فييت نام", "url": "#"}),
    "tags": TAGS_IN_ARABIC,
    "figures": (
        {"value": 28, "label": "تعهدا في هذا السجل", "url": "#"},
        {"value": 7, "label": "دول متعهدة من أصل 62", "url": "#"},
        {"value": 3, "label": "تم الوفاء بها كليا أو جزئيا", "url": "#"},
        {"value": 5, "label": "تحدد تاريخا"},
    ),
    "rule": "التعهدات المعلنة فقط",
    "chips": ({"label": "سيول 2021", "url": "#"}, {"label": "معلن", "url": "#"}),
    "range": "التعهدات من 51 إلى 100 من أصل 387",
    "visibility": "يرى وفدكم والأمانة العامة هذه المسودة. وتصبح علنية عند الإعلان عنها.",
    "empty": ("لا تعهدات تطابق هذا التصفية", "لا يبقى شيء بعد التصفية الأخيرة.", "إزالة التصفية"),
    "entries": (
        {
            "when": "24 أيار/مايو 2022",
            "iso": "2022-05-24",
            "anchor": "entry-2-ar",
            "title": "تسليم",
            "text": "تغادر المجموعة الثانية من المستشفى رقم 4 لتحل محل المستشفى رقم 3.",
            "sources": ({"title": "Level 2 field hospital number 4 leaves", "url": "https://example.org/1"},),
        },
    ),
    "facts": (("القدرة", "مستشفى من المستوى الثاني"), ("العدد", "1"), ("الموعد", ""), ("بالاشتراك مع", "أستراليا")),
    "no_date": "لم يحدد تاريخ",
    "chart": ("معظم التعهدات لم يبلغ عنها علنا", "28 تعهدا حسب آخر نتيجة معروفة"),
    "outcomes": ("تم الوفاء", "تم الوفاء جزئيا", "قيد التنفيذ", "متأخر", "لا يوجد تقرير"),
    "categories": ("التدريب", "المرأة والسلام والأمن", "التكنولوجيا"),
    "gap_heads": ("القدرة", "من المطلوب إلى المنجز", "المطلوب", "المعروض", "المتحقق منه", "المنجز", "بالكلمات"),
    "gap_key": ("معروض", "متحقق منه", "منجز", "مطلوب", "لم يعرضه أحد"),
    "gap_names": ("سرية رد سريع", "كتيبة مشاة", "طائرة مروحية للخدمات", "وحدة طائرات مروحية"),
    "gap_words": ("2 من 3 لم تنجز بعد", "1 فوق الحاجة", "الثلاثة كلها ناقصة", "العدد المطلوب غير محدد"),
    "gap_caption": "الفجوة حسب القدرة",
    "tiles": ("المجموعة الأفريقية (15 من 54)", "البلد {code}: {count} تعهدات", "تعهدات في هذا السجل"),
    "legend": ("لا شيء", "1 إلى 2", "3 إلى 5", "6 فأكثر"),
    "fields": {
        "units": ("وحدات الطائرات المروحية", "تتألف الوحدة من 3 إلى 4 طائرات مع أطقمها وصيانتها."),
        "women": ("عدد النساء بينهم", ""),
        "kind": ("هل هذا التزام جديد؟", "كي لا يحسب التعهد مرتين."),
        "mission": ("البعثة", ""),
        "outcome": ("ماذا سيتغير بعد الوفاء به؟", ""),
        "joint": ("بالاشتراك مع جهات أخرى", ""),
    },
    "choices": {
        "kind": (("new", "جديد"), ("renewed", "تجديد لتعهد سابق")),
        "mission": (("", "غير محددة"), ("minusca", "MINUSCA"), ("unmiss", "UNMISS")),
    },
    "buttons": ("حفظ ومتابعة", "حفظ ومغادرة"),
    "names": ("المؤتمر والتعهد", "الأرقام والقوائم", "الاستمارة", "الرسوم", "من تعهد"),
}


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """Show every component with sample data, once from left to right and once from right to left."""
    sections = (sample(ENGLISH, "en", "ltr"), sample(ARABIC, "ar", "rtl"))
    return render(request, "dashboards/components.html", {"sections": sections, "as_of": date(2026, 11, 21)})


def sample(words: dict[str, Any], language: str, direction: str) -> dict[str, Any]:
    """Return what one section of the page shows: `words` with the sample numbers laid into them."""
    segments = [
        {"label": label, "value": value, "kind": kind, "url": "#"}
        for label, (kind, value) in zip(words["outcomes"], COUNTS, strict=True)
    ]
    return words | {
        "language": language,
        "direction": direction,
        "form": SampleForm(words, data=SAMPLE_INPUT, auto_id=f"{language}_%s"),
        "segments": segments,
        "rows": [
            {"label": label, "segments": segments[start:], "url": "#"}
            for start, label in enumerate(words["categories"])
        ],
        "row_key": [{"label": segment["label"], "kind": segment["kind"]} for segment in segments],
        "gap_key": [
            {"label": label, "kind": kind}
            for label, kind in zip(
                words["gap_key"], ("offered", "verified", "delivered", "needed", "uncovered"), strict=True
            )
        ],
        "gaps": [
            {"name": name, "words": said, "numbers": numbers}
            for name, said, numbers in zip(words["gap_names"], words["gap_words"], GAPS, strict=True)
        ],
        "groups": [tile_group(words)],
        "legend": [{"level": level, "words": said} for level, said in enumerate(words["legend"]) if level],
    }


def tile_group(words: dict[str, Any]) -> dict[str, Any]:
    """Return one group of sample tiles with levels 0 to 3 in turn."""
    name, pattern, _unit = words["tiles"]
    tiles = [
        {"code": code, "says": pattern.format(code=code, count=place % 4 * 2), "level": place % 4, "url": "#"}
        for place, code in enumerate(CODES)
    ]
    return {"name": name, "tiles": tiles}
