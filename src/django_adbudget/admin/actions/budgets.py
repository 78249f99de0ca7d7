"""Set a budget of many, after a preview of what it would be and of what would pause."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from ... import wording
from ...currencies import DECIMALS
from ...rules import Level, Period, from_micros
from ...rules.money import MAX_TOTAL_MICROS
from ...services.chunks import chunks
from ...services.edits.bulk import Edited, Outdated, set_budgets
from ...services.edits.previews import NewBudget, budget_preview
from ...services.facts import BRAND_PERIODS, BUDGET_FIELDS, CAMPAIGN_PERIODS
from ..amounts import AmountField
from .pages import effects, named, page, too_many
from .plans import opened, sealed
from .saying import number, sentence
from .switching import gone, ids_of, outcome

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin

_PERIODS = {Level.BRAND: BRAND_PERIODS, Level.CAMPAIGN: CAMPAIGN_PERIODS}
_NAMES = {Period.DAY: _("Daily budget"), Period.MONTH: _("Monthly budget"), Period.TOTAL: _("Total budget")}
_MOST = from_micros(MAX_TOTAL_MICROS)
_FULL = Decimal(100)
_LARGEST_RAISE = 10_000
#: Rows that a message names.
_TOLD = 5


_CHANGES = {
    "set": _("Set to an amount"),
    "lower": _("Lower by per cent"),
    "raise": _("Raise by per cent"),
    "remove": _("Remove: no limit"),
}


class BudgetForm(forms.Form):
    """Which budget, and what to do with it. An amount is in each brand's own currency."""

    period = forms.ChoiceField(label=_("Budget"))
    change = forms.ChoiceField(label=pgettext_lazy("what is changed", "Change"), choices=list(_CHANGES.items()))
    value = AmountField(label=_("Amount or per cent"), required=False)

    def __init__(self, level: Level, data: Any = None) -> None:
        super().__init__(data)
        self.fields["period"].choices = [(period, _NAMES[period]) for period in _PERIODS[level]]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        change, value = given.get("change"), given.get("value")
        if "value" in given and value is None and change != "remove":
            self.add_error("value", gettext("Say how much."))
        if change == "lower" and value is not None and value > _FULL:
            self.add_error("value", gettext("Nothing can be lowered by more than 100 per cent."))
        if change == "raise" and value is not None and value > _LARGEST_RAISE:
            self.add_error("value", gettext("That is more than %(most)d per cent.") % {"most": _LARGEST_RAISE})
        return given


@dataclass(frozen=True, slots=True)
class Row:
    """One budget, as it is and as it would be."""

    id: int
    name: str
    brand: str
    currency: str
    before: Decimal | None
    after: Decimal | None

    @property
    def was(self) -> str:
        return _amount(self.before, self.currency)

    @property
    def becomes(self) -> str:
        return _amount(self.after, self.currency)


def _amount(budget: Decimal | None, currency: str) -> str:
    return gettext("no limit") if budget is None else wording.money(budget, currency)


def changed(before: Decimal | None, change: str, value: Decimal, currency: str) -> Decimal | None:
    """A budget after a change of ``_CHANGES``. What per cent make of it is rounded to what the currency is shown with,
    or to six places if the budget was finer than that or would become 0, which blocks."""
    if change == "set":
        return value
    if change == "remove" or before is None:
        return None
    amount = before * (_FULL + (value if change == "raise" else -value)) / _FULL
    shown, finest = (Decimal(1).scaleb(-places) for places in (DECIMALS.get(currency, 2), 6))
    near = amount.quantize(shown)
    is_fine = before != before.quantize(shown) or (amount and not near)
    return amount.quantize(finest) if is_fine else near


class Outgrown(Exception):
    """A budget would be larger than a row can hold; the argument names it."""


def rows_of(found: list[dict[str, Any]], field: str, change: str, value: Decimal | None) -> list[Row]:
    """The budgets that would change. Raises ``Outgrown``."""
    rows = []
    for each in found:
        before, currency = each[field], each["brand_currency"]
        after = changed(before, change, value or Decimal(0), currency)
        if after is not None and after > _MOST:
            raise Outgrown(each["name"])
        if after != before:
            rows.append(Row(each["pk"], each["name"], each["brand_name"], currency, before, after))
    return rows


class SetBudget:
    """One request of the action: the form, its preview, or the plan applied."""

    def __init__(self, model_admin: _ModelAdmin, request: HttpRequest, rows: QuerySet[Any], level: Level) -> None:
        self.model_admin, self.request, self.rows, self.level = model_admin, request, rows, level
        self.kind = f"set_budget.{level}"

    def answer(self) -> Any:
        step = self.request.POST.get("step")
        if step == "apply" and self._apply():
            return None
        form = BudgetForm(self.level, self.request.POST if step else None)
        ids = ids_of(self.rows)
        context: dict[str, Any] = {"form": form, "count": len(ids), "problem": too_many(ids)}
        if step and form.is_valid() and not context["problem"]:
            context |= self._preview(form.cleaned_data, ids)
        return page(
            self.model_admin, self.request, "set_budget", "set_budget", title=gettext("Set a budget"), **context
        )

    def _preview(self, given: dict[str, Any], ids: list[int]) -> dict[str, Any]:
        period = Period(given["period"])
        found = named(self.rows, self.level, ids, BUDGET_FIELDS[period])
        try:
            rows = rows_of(found, BUDGET_FIELDS[period], given["change"], given["value"])
        except Outgrown as error:
            return {"problem": gettext("The budget of %(name)s would be too large.") % {"name": error}}
        foreseen = budget_preview(NewBudget(self.level, row.id, period, row.after) for row in rows)
        return {
            "rows": rows,
            "unchanged": len(found) - len(rows),
            "is_brands": self.level is Level.BRAND,
            "currencies": sorted({row.currency for row in rows}) if given["change"] == "set" else [],
            "plan": sealed(self.request, self.kind, _plan(period, rows)),
            **effects(foreseen, found),
        }

    def _apply(self) -> bool:
        plan = opened(self.request, self.kind)
        if plan is None:
            self._say(gettext("That preview is not valid any more. Please look again."), messages.ERROR)
            return False
        rows = {pk: (_decimal(before), _decimal(after)) for pk, before, after in plan["rows"]}
        visible = self._visible(list(rows))
        try:
            done = set_budgets(
                self.level,
                Period(plan["period"]),
                {pk: rows[pk][1] for pk in visible},
                seen={pk: rows[pk][0] for pk in visible},
                actor=self.request.user.get_username(),
            )
        except Outdated as error:
            self._say(self._outdated(error, rows), messages.ERROR)
            return False
        said = sentence([self._done(Period(plan["period"]), done), gone(list(rows), done)])
        self._say(said, messages.SUCCESS if done.changed else messages.WARNING)
        return True

    def _visible(self, ids: list[int]) -> list[int]:
        """Those that the user may still see: the plan is of a minute ago, and permission is of now."""
        rows = self.model_admin.get_queryset(self.request).order_by()
        return [pk for part in chunks(ids) for pk in rows.filter(pk__in=part).values_list("pk", flat=True)]

    def _done(self, period: Period, done: Edited) -> str:
        n = len(done.changed)
        if not n:
            return gettext("Nothing had to be changed")
        words = {
            Level.CAMPAIGN: ngettext("%(budget)s of %(n)s campaign set", "%(budget)s of %(n)s campaigns set", n),
            Level.BRAND: ngettext("%(budget)s of %(n)s brand set", "%(budget)s of %(n)s brands set", n),
        }[self.level]
        return words % {"budget": _NAMES[period], "n": number(n)} + outcome(self.level, done.changed)

    def _outdated(self, error: Outdated, seen: dict[int, tuple[Decimal | None, Decimal | None]]) -> str:
        """Which budgets someone else has set since the preview, and to what."""
        told = [
            gettext("%(name)s: was %(before)s, is %(now)s")
            % {
                "name": row["name"],
                "before": _amount(seen[row["pk"]][0], row["brand_currency"]),
                "now": _amount(error.found[row["pk"]], row["brand_currency"]),
            }
            for row in named(self.model_admin.get_queryset(self.request), self.level, sorted(error.found)[:_TOLD])
        ]
        words = ngettext(
            "Nothing was changed: %(n)s budget is another since the preview (%(which)s). Please look again.",
            "Nothing was changed: %(n)s budgets are others since the preview (%(which)s). Please look again.",
            len(error.found),
        )
        more = ["…"] if len(error.found) > _TOLD else []
        return words % {"n": number(len(error.found)), "which": "; ".join([*told, *more])}

    def _say(self, text: str, level: int) -> None:
        self.model_admin.message_user(self.request, text, level)


def _plan(period: Period, rows: list[Row]) -> dict[str, Any]:
    return {"period": period, "rows": [[row.id, _text(row.before), _text(row.after)] for row in rows]}


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
