"""Spent against budget: a bar, and the same in words, so that nothing is told by color alone."""

from __future__ import annotations

from decimal import Decimal

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from ... import wording
from ...currencies import DECIMALS
from ...services import Limit

_FULL = Decimal(100)
#: Per cent from which on a bar warns.
_NEAR = Decimal(80)


def bar(limit: Limit, currency: str, label: str) -> SafeString:
    """A limit as a cell: a ``<meter>`` and ``63.20 of 100.00 EUR, 63.2 %``; no budget and one of 0 have no share."""
    if limit.budget is None:
        return _cell("ab-none", "", wording.money(limit.spent, currency), gettext("no budget"))
    share = limit.spent / limit.budget * _FULL if limit.budget else _FULL
    meter = format_html(
        '<meter class="ab-meter {}" min="0" low="80" high="99.9" max="100" optimum="0" value="{}" aria-label="{}">'
        "{}</meter>",
        _look(share),
        f"{min(max(share, Decimal(0)), _FULL):.1f}",
        label,
        wording.percent(share),
    )
    return _cell(_kind(limit, share), meter, _figures(limit, limit.budget, currency), _judged(limit, share, currency))


def _cell(kind: str, meter: str, figures: str, judged: str) -> SafeString:
    return format_html(
        '<span class="ab-budget {}">{}<bdi class="ab-num">{}</bdi> <bdi class="ab-judged">{}</bdi></span>',
        kind,
        meter,
        figures,
        judged,
    )


def _figures(limit: Limit, budget: Decimal, currency: str) -> str:
    spent = wording.number(limit.spent, DECIMALS.get(currency, 2))
    return gettext("%(spent)s of %(budget)s") % {"spent": spent, "budget": wording.money(budget, currency)}


def _kind(limit: Limit, share: Decimal) -> str:
    if limit.budget == 0:
        return "ab-zero"
    return "ab-over" if share > _FULL else ""


def _look(share: Decimal) -> str:
    if share >= _FULL:
        return "ab-bad"
    return "ab-warn" if share >= _NEAR else ""


def _judged(limit: Limit, share: Decimal, currency: str) -> str:
    if limit.budget == 0:
        return gettext("budget 0: never runs")
    if share < _FULL:
        return wording.percent(share)
    if limit.remaining:
        return gettext("reached, over by %(amount)s") % {"amount": wording.money(-limit.remaining, currency)}
    return gettext("reached")
