"""What a save of a fact changes: immutability, history, and the campaigns to evaluate (rules M5, S4)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import connections, models

from ...currencies import is_currency
from ...exceptions import Immutable, InvalidEntry
from ...models import Brand, BudgetChange, Campaign, DaypartingSchedule
from ...models.campaign import DUE_AT_ONCE, DaypartingChoices
from ...rules import Level, zone_name
from ..facts import BUDGET_FIELDS
from ..gate import ledger_alias
from .session import Edit, hold, joined

_BUDGETS = frozenset(BUDGET_FIELDS.values())
#: Fields whose edits are kept as ``BudgetChange``.
_AUDITED = _BUDGETS | {"is_active", "timezone", "dayparting"}
#: Fields that decide.
_OF_BRAND = frozenset({"timezone", "daily_budget", "monthly_budget", "is_active"})
_OF_CAMPAIGN = _AUDITED | {"brand_id", "start_date", "end_date"}
#: How a fact leads to its brand.
_OWNERS: dict[type[models.Model], str] = {Brand: "pk", Campaign: "brand", DaypartingSchedule: "campaign__brand"}
_BEFORE = "_adbudget_before"
_HELD = "_adbudget_held_in"

Values = dict[str, Any]


def before_save(instance: models.Model, update_fields: Iterable[str] | None) -> None:
    """Take the gate, note the row as it is, and refuse what is settled once there is spend.

    Raises ``Immutable`` for another currency or brand (rule M5), ``UnknownTimezone`` or ``InvalidEntry`` for what is
    no zone, currency or mode.
    """
    if isinstance(instance, DaypartingSchedule):
        setattr(instance, _BEFORE, _held_window(instance))
        return
    names = _saved_names(instance, update_fields)
    before = _held(instance, names)
    setattr(instance, _BEFORE, before)
    after = _values(instance, names)
    if isinstance(instance, Brand | Campaign):
        _check_settled(instance, before, after)
    _check_known({name: value for name, value in after.items() if before is None or before[name] != value}, instance)


def after_save(instance: models.Model, created: bool) -> None:
    """Note what changed; it is evaluated at the end of the edit."""
    before: Values | None = instance.__dict__.pop(_BEFORE, None)
    with joined() as edit:
        if isinstance(instance, DaypartingSchedule):
            edit.campaigns.add(instance.campaign_id)
            if before:
                edit.campaigns.add(before["campaign_id"])
            return
        changed = {} if before is None else _changed(instance, before)
        _note_history(edit, instance, changed)
        if isinstance(instance, Campaign):
            edit.instances.append(instance)
            if created or changed.keys() & _OF_CAMPAIGN:
                edit.campaigns.add(instance.pk)
        elif changed.keys() & _OF_BRAND:
            edit.brands.add(instance.pk)


def before_delete(instance: models.Model, origin: Any) -> None:
    """Take the gates of all brands that a queryset's delete touches, before its first row goes.

    Django tells of each row in the order of rows, and in a transaction of its own.
    """
    if isinstance(origin, models.QuerySet) and issubclass(origin.model, tuple(_OWNERS)):
        block = connections[ledger_alias()].atomic_blocks[-1]  # of this delete alone
        if getattr(origin, _HELD, None) is not block:
            owner = next(path for model, path in _OWNERS.items() if issubclass(origin.model, model))
            hold(*origin.order_by().values_list(owner, flat=True).distinct())
            setattr(origin, _HELD, block)
    elif isinstance(instance, Brand):
        hold(instance.pk)
    elif isinstance(instance, Campaign):
        hold(instance.brand_id)
    elif isinstance(instance, DaypartingSchedule):
        hold(*_brands_of({instance.campaign_id}))


def after_window_delete(window: DaypartingSchedule) -> None:
    with joined() as edit:
        edit.campaigns.add(window.campaign_id)


def mark_due(instance: models.Model, alias: str) -> None:
    """Rows loaded as they are (fixtures) are due at once."""
    campaigns = Campaign._base_manager.using(alias)
    if isinstance(instance, Brand):
        campaigns = campaigns.filter(brand=instance.pk)
    elif isinstance(instance, Campaign):
        campaigns = campaigns.filter(pk=instance.pk)
    elif isinstance(instance, DaypartingSchedule):
        campaigns = campaigns.filter(pk=instance.campaign_id)
    campaigns.update(next_check_at=DUE_AT_ONCE)


def _held_window(window: DaypartingSchedule) -> Values | None:
    """The window's row as it is, with the gates of its campaign's brand and of the one that it is moved to."""
    row = _stored(window, ("campaign_id",))
    while True:
        campaigns = {window.campaign_id} if row is None else {window.campaign_id, row["campaign_id"]}
        hold(*_brands_of(campaigns))
        row = _stored(window, ("campaign_id",))
        if row is None or row["campaign_id"] in campaigns:
            return row


def _held(instance: models.Model, names: tuple[str, ...]) -> Values | None:
    """The row as it is, with the gates of its brand and of the one to be taken."""
    owners = {instance.pk} if isinstance(instance, Brand) else {_brand_id(instance), _stored_brand(instance)}
    while True:
        hold(*owners)
        row = _stored(instance, names)
        if row is None or "brand_id" not in row or row["brand_id"] in owners:
            return row
        # Somebody moved the campaign before its gate was ours.
        owners = {row["brand_id"]}


def _brand_id(instance: models.Model) -> int | None:
    return instance.brand_id if isinstance(instance, Campaign) else None


def _brands_of(campaign_ids: Iterable[int]) -> list[int]:
    return list(_campaigns().filter(pk__in=campaign_ids).order_by().values_list("brand_id", flat=True))


def _stored_brand(instance: models.Model) -> int | None:
    return next(iter(_brands_of([instance.pk])), None)


def _campaigns() -> models.QuerySet[Campaign]:
    return Campaign._base_manager.using(ledger_alias())


def _saved_names(instance: models.Model, update_fields: Iterable[str] | None) -> tuple[str, ...]:
    """The fields of interest that a save writes."""
    names = _OF_BRAND | {"currency"} if isinstance(instance, Brand) else _OF_CAMPAIGN
    if update_fields is not None:
        written = set(update_fields)
        names = frozenset(n for n in names if n in written or n.removesuffix("_id") in written)
    return tuple(sorted(names))


def _stored(instance: models.Model, names: tuple[str, ...]) -> Values | None:
    """The row as it is in the database; None for a row yet to be made."""
    if instance.pk is None:
        return None
    model = next(fact for fact in (Brand, Campaign, DaypartingSchedule) if isinstance(instance, fact))
    rows = model._base_manager.using(ledger_alias()).filter(pk=instance.pk)
    row: Values | None = rows.values(*names, "pk").first()
    return row


def _values(instance: models.Model, names: Iterable[str]) -> Values:
    """An instance's values as the database will give them back; an expression stays one."""
    return {name: _python(instance, name) for name in names}


def _python(instance: models.Model, name: str) -> Any:
    value = getattr(instance, name)
    if value is None or hasattr(value, "resolve_expression") or isinstance(value, float):
        return value  # a float is a TypeError as soon as it is stored (rule M1)
    return instance._meta.get_field(name).to_python(value)  # type: ignore[union-attr]


def _changed(instance: models.Model, before: Values) -> dict[str, tuple[Any, Any]]:
    names = [name for name in before if name != "pk"]
    after = _values(instance, names)
    if any(hasattr(value, "resolve_expression") for value in after.values()):
        after = _stored(instance, tuple(names)) or after
    return {name: (before[name], after[name]) for name in names if before[name] != after[name]}


def _check_settled(instance: Brand | Campaign, before: Values | None, after: Values) -> None:
    name, owner = ("currency", "brand") if isinstance(instance, Brand) else ("brand_id", "campaign")
    if before is None or name not in after or before[name] == after[name]:
        return
    if instance.has_spend(ledger_alias()):
        label = name.removesuffix("_id")
        raise Immutable(f"the {label} of {owner} {instance.pk} cannot change: spend is recorded for it")


def _check_known(written: Values, instance: models.Model) -> None:
    """What a save would change to must be known, or nothing could be decided by it (rules M5, T6, T7)."""
    for name, value in written.items():
        if not isinstance(value, str):
            continue
        if name == "timezone" and (value or isinstance(instance, Brand)):  # a campaign's may be blank: its brand's
            zone_name(value)
        elif name == "currency" and not is_currency(value):
            raise InvalidEntry(f"currency {value!r} is no ISO 4217 code")
        elif name == "dayparting" and value not in DaypartingChoices.values:
            raise InvalidEntry(f"dayparting {value!r} is none of {', '.join(DaypartingChoices.values)}")


def _note_history(edit: Edit, instance: models.Model, changed: dict[str, tuple[Any, Any]]) -> None:
    """Written at once, not at the end, so that it is undone or deleted together with what it tells of."""
    is_brand = isinstance(instance, Brand)
    level = Level.BRAND if is_brand else Level.CAMPAIGN
    brand_id = instance.brand_id if isinstance(instance, Campaign) else instance.pk
    edit.budgets |= {(level, instance.pk, name) for name in changed.keys() & _BUDGETS}
    campaign_id = None if is_brand else instance.pk
    changes = [
        change_of(edit, brand_id, campaign_id, name, *values) for name, values in changed.items() if name in _AUDITED
    ]
    if changes:
        BudgetChange._base_manager.using(edit.alias).bulk_create(changes)


def change_of(edit: Edit, brand_id: int, campaign_id: int | None, field: str, before: Any, after: Any) -> BudgetChange:
    """The history of one field, yet to be written; ``campaign_id`` is None for a brand's own."""
    return BudgetChange(
        brand_id=brand_id,
        campaign_id=campaign_id,
        field=field,
        before=_text(before),
        after=_text(after),
        actor=edit.actor,
        at=edit.now,
    )


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
