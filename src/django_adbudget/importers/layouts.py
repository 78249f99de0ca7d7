"""The cost exports of ad platforms, as data: which headers mean what.

Headers are compared without case, spaces and punctuation, so that ``Campaign ID`` stands for ``campaign_id`` and
``CAMPAIGN_ID`` too, and without a currency in brackets. The first of several that a file has is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

_NO_WORD = re.compile(r"[\W_]+")


def squashed(header: str) -> str:
    """A header as it is compared."""
    return _NO_WORD.sub("", header.casefold())


@dataclass(frozen=True, slots=True)
class When:
    """A column of days or hours. ``until``: columns of a row's last day, which must be the same one.

    ``hours``: hours even if all of them are midnight; otherwise times of day tell. ``zone``: named by the header.
    """

    header: str
    until: tuple[str, ...] = ()
    hours: bool = False
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Amount:
    """A column of money, in units of currency or micro-units. ``currency``: named by the header.

    ``either``: the same header stands over micro-units in one export and over units in another, made for people.
    """

    header: str
    micros: bool = False
    currency: str = ""
    either: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """``zone`` is that of the report's days and hours; empty: the account's, which the brand shares."""

    name: str
    title: str
    when: tuple[When, ...]
    amount: tuple[Amount, ...]
    campaign_id: tuple[str, ...] = ("Campaign ID",)
    campaign_name: tuple[str, ...] = ("Campaign name", "Campaign")
    currency: tuple[str, ...] = ("Currency", "Currency code", "Account currency")
    zone: str = ""
    by_name: bool = False
    """Whether a report without campaign ids may name campaigns instead."""

    def mapped(self, fields: Mapping[str, str]) -> Layout:
        """The layout with headers of a file's own. Raises ``ValueError`` for fields that are not or that contradict."""
        for one, other in _EITHER:
            if one in fields and other in fields:
                raise ValueError(f"the fields {one} and {other} cannot both be mapped; name one of them")
        layout = self
        for field, header in fields.items():
            if field not in MAPPED:
                raise ValueError(f"there is no field {field!r} to map; the fields are {', '.join(MAPPED)}")
            layout = MAPPED[field](layout, header)
        return layout


#: Fields of ``--map``.
MAPPED: Mapping[str, Callable[[Layout, str], Layout]] = {
    "campaign_id": lambda layout, header: replace(layout, campaign_id=(header,)),
    "campaign_name": lambda layout, header: replace(layout, campaign_name=(header,)),
    "date": lambda layout, header: replace(layout, when=(When(header),)),
    "hour": lambda layout, header: replace(layout, when=(When(header, hours=True),)),
    "spend": lambda layout, header: replace(layout, amount=(Amount(header),)),
    "spend_micros": lambda layout, header: replace(layout, amount=(Amount(header, micros=True),)),
    "currency": lambda layout, header: replace(layout, currency=(header,)),
}

#: Of these fields a report has one.
_EITHER = (("date", "hour"), ("spend", "spend_micros"))

_LAYOUTS = (
    Layout(
        "google_ads",
        "Google Ads",
        when=(When("Day"), When("Date"), When("segments.date"), When("date_day")),
        amount=(
            Amount("Cost"),
            Amount("metrics.cost_micros", micros=True),
            Amount("cost_micros", micros=True),
            Amount("Spend"),
        ),
        campaign_id=("Campaign ID", "id"),
        campaign_name=("Campaign", "Campaign name"),
        currency=("Currency code", "customer.currency_code", "Currency"),
    ),
    Layout(
        "meta",
        "Meta",
        when=(
            When("Day"),
            When("Reporting starts", until=("Reporting ends",)),
            When("date_start", until=("date_stop",)),
            When("Date"),
            When("date_day"),
        ),
        amount=(Amount("Amount spent"), Amount("Spend")),
        currency=("Currency", "account_currency"),
    ),
    Layout(
        "microsoft",
        "Microsoft Advertising",
        when=(When("Time period"), When("Gregorian date"), When("Date"), When("Day"), When("date_day")),
        amount=(Amount("Spend"),),
        currency=("Currency code", "Currency", "account_currency_code"),
    ),
    Layout(
        "linkedin",
        "LinkedIn",
        when=(
            When("Start Date (in UTC)", until=("End Date (in UTC)",)),
            When("Start Date", until=("End Date",)),
            When("Day"),
            When("Date"),
            When("date_day"),
        ),
        amount=(
            Amount("Total Spent"),
            Amount("cost_in_local_currency"),
            Amount("cost_in_usd", currency="USD"),
            Amount("Cost"),
            Amount("Spend"),
        ),
        zone="UTC",
    ),
    Layout(
        "tiktok",
        "TikTok",
        when=(
            When("stat_time_hour", hours=True),
            When("By hour", hours=True),
            When("stat_time_day"),
            When("By day"),
            When("Date"),
            When("date_day"),
        ),
        amount=(Amount("Spend"), Amount("Cost"), Amount("Amount spent")),
    ),
    Layout(
        "amazon",
        "Amazon Ads",
        when=(When("Date"), When("Start Date", until=("End Date",)), When("Day"), When("date_day")),
        amount=(Amount("Cost"), Amount("Spend"), Amount("Total cost")),
        currency=("campaignBudgetCurrencyCode", "Currency", "Currency code", "Budget currency"),
    ),
    Layout(
        "pinterest",
        "Pinterest",
        when=(When("Date"), When("Day"), When("date_day")),
        amount=(
            Amount("spend_in_micro_dollar", micros=True),
            Amount("spend_in_dollar"),
            Amount("Spend in account currency"),
            Amount("Spend"),
        ),
        zone="UTC",
    ),
    Layout(
        "reddit",
        "Reddit",
        when=(When("Date"), When("Day"), When("Hour", hours=True), When("date_day")),
        amount=(Amount("Amount spent"), Amount("Spend", micros=True, either=True)),
        zone="UTC",
    ),
    Layout(
        "snapchat",
        "Snapchat",
        when=(When("start_time"), When("Date"), When("Day"), When("date_hour", hours=True), When("date_day")),
        amount=(Amount("Amount spent"), Amount("Spend", micros=True, either=True)),
        campaign_id=("Campaign ID", "id"),
        zone="UTC",
    ),
    Layout(
        "x",
        "X",
        when=(When("Time period"), When("Date"), When("Day"), When("date_day")),
        amount=(
            Amount("billed_charge_local_micro", micros=True),
            Amount("spend_local_micro", micros=True),
            Amount("Spend"),
        ),
    ),
    Layout(
        "generic",
        "Generic",
        when=(When("Date"), When("Day"), When("Hour", hours=True)),
        amount=(Amount("Spend"), Amount("Cost"), Amount("Amount"), Amount("spend_micros", micros=True)),
        by_name=True,
    ),
)

LAYOUTS: Mapping[str, Layout] = {layout.name: layout for layout in _LAYOUTS}
