"""The forms of brands and campaigns: how fields are grouped, chosen and explained."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytz
from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ...currencies import DECIMALS
from ...rules import known_zones

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = _StrPromise | str

MEDIA = forms.Media(css={"all": ["django_adbudget/base.css", "django_adbudget/lists.css", "django_adbudget/pages.css"]})

Group = tuple["Text | None", tuple[str, ...]]

BRAND_GROUPS: tuple[Group, ...] = (
    (None, ("name", "is_active", "timezone", "currency")),
    (_("Budgets"), ("daily_budget", "monthly_budget", "alert_thresholds")),
)
CAMPAIGN_GROUPS: tuple[Group, ...] = (
    (None, ("brand", "name", "is_active")),
    (_("Budgets"), ("daily_budget", "monthly_budget", "total_budget", "alert_thresholds")),
    (_("Flight"), ("start_date", "end_date")),
    (pgettext_lazy("dayparting", "Hours"), ("dayparting", "timezone")),
)
MORE: Text = _("More")

_BUDGET_HELP = _("In the brand's currency. Empty: no limit. 0: never runs.")
BRAND_HELP: dict[str, Text] = {
    "timezone": _("Days and months begin by the clocks of this zone. What was spent keeps its date."),
    "currency": _("ISO 4217. Every amount of the brand is in it."),
    "is_active": _("Off: none of its campaigns runs."),
    "daily_budget": _BUDGET_HELP,
    "monthly_budget": _BUDGET_HELP,
    "external_id": _("What the ad platform calls it."),
}
CAMPAIGN_HELP: dict[str, Text] = {
    "is_active": _("Off: it does not run. No task ever turns this switch."),
    "daily_budget": _BUDGET_HELP,
    "monthly_budget": _BUDGET_HELP,
    "total_budget": _BUDGET_HELP,
    "start_date": _("In the brand's time zone. Empty: it has begun."),
    "end_date": _("In the brand's time zone, inclusive. Empty: it has no end."),
    "external_id": _("What the ad platform calls it."),
}
#: What the first spend settles (rule M5), and what the form then says.
BRAND_SETTLED: tuple[str, Text] = ("currency", _("Spend is recorded in this currency, so it cannot change."))
CAMPAIGN_SETTLED: tuple[str, Text] = ("brand", _("Spend is recorded for this brand, so the campaign cannot move."))


def grouped(fields: Iterable[Any], groups: Iterable[Group]) -> list[tuple[Any, dict[str, Any]]]:
    """Fieldsets of ``fields``; those that no group names (a host's own) come last."""
    left = list(fields)
    fieldsets: list[tuple[Any, dict[str, Any]]] = []
    for title, names in groups:
        present = [name for name in names if name in left]
        left = [name for name in left if name not in present]
        if present:
            fieldsets.append((title, {"fields": present}))
    if left:
        fieldsets.append((MORE, {"fields": left}))
    return fieldsets


class DayInput(forms.DateInput):
    """The browser's own calendar. Django's tells of the server's clock, by which no day of a brand begins."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class ZoneInput(forms.TextInput):
    """A box to type a time zone into, with those in use on the earth as suggestions.

    Not a list to choose from: a zone that this machine does not know stays what it is (rule T7).
    """

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"].update({"list": _list_id(name), "autocomplete": "off", "spellcheck": "false"})
        return context

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        options = format_html_join("", '<option value="{}"></option>', ((zone,) for zone in suggested_zones()))
        box = super().render(name, value, attrs, renderer)
        return format_html('{}<datalist id="{}">{}</datalist>', box, _list_id(name), options)


def _list_id(name: str) -> str:
    return f"{name}-suggestions"


@lru_cache(maxsize=1)
def suggested_zones() -> tuple[str, ...]:
    """Zones of places as they are called today; other names that rule T7 knows are accepted and not suggested."""
    return tuple(sorted(known_zones().intersection(pytz.common_timezones)))


class CurrencySelect(forms.Select):
    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, choices=[(code, code) for code in sorted(DECIMALS)])

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        attrs = super().build_attrs(base_attrs, extra_attrs)
        attrs.pop("maxlength", None)  # of the text box that it would have been
        return attrs
