"""The doctor's round: the database, the system checks, then the examinations of the services."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, run_checks
from django.core.checks import Warning as CheckWarning
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from ..models import Brand
from ..services import heartbeats
from ..services.doctor import EXAMINATIONS, THOROUGH, Examination, Finding, Mend, Patient, Severity
from ..services.gate import ledger_alias
from .base import first_line

_OURS = "adbudget:"


def examinations(quick: bool) -> dict[str, Examination]:
    """What a round consists of, by name."""
    return {"system checks": _checks, **EXAMINATIONS, **({} if quick else THOROUGH)}


def examine(
    brands: Sequence[Brand] | None, now: datetime, *, quick: bool, advance: Callable[[], object]
) -> Iterator[Finding]:
    """All that is wrong. An examination that fails is a finding, and stops no other."""
    alias = ledger_alias()
    unfit = list(_database(alias))
    if unfit:
        yield from unfit
        return
    patient = Patient(
        alias, now, None if brands is None else tuple(brand.pk for brand in brands), heartbeats.intervals()
    )
    for name, examination in examinations(quick).items():
        try:
            yield from examination(patient)
        except DatabaseError as error:
            what = f"The examination of {name} failed: {first_line(error)}."
            yield Finding("examination-failed", Severity.ERROR, what, (_migrate(alias),))
        advance()


def _database(alias: str) -> Iterator[Finding]:
    connection = connections[alias]
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
    except DatabaseError as error:
        what = f"The database {alias!r} does not answer: {first_line(error)}. Start it, or mend DATABASES."
        yield Finding("database-away", Severity.ERROR, what)
        return
    ours = [key for key in executor.loader.graph.leaf_nodes() if key[0] == "django_adbudget"]
    plan = executor.migration_plan(ours)
    if plan:
        names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in plan)
        yield Finding("migrations", Severity.ERROR, f"Migrations are not applied: {names}.", (_migrate(alias),))


def _checks(patient: Patient) -> Iterator[Finding]:
    """The system checks of this package, with the commands that mend what they find."""
    config = apps.get_app_config("django_adbudget")
    for message in run_checks(app_configs=[config], databases=[patient.alias]):
        name = str(message.id)
        if name.startswith("adbudget."):
            yield _KNOWN[name](message) if name in _KNOWN else _finding(message, name.replace(".", "-"))


def _finding(message: CheckMessage, code: str, *mends: Mend, severity: Severity | None = None) -> Finding:
    usual = Severity.ERROR if message.is_serious() and not isinstance(message, CheckWarning) else Severity.WARNING
    what = message.msg if mends or not message.hint else f"{message.msg} {message.hint}"
    return Finding(code, severity or usual, what, mends)


def _schedule_missing(message: CheckMessage) -> Finding:
    mends = []
    if apps.is_installed("django_celery_beat"):
        mends.append(Mend("manage.py adbudget_sync_schedules"))
        if _rows(name__startswith=_OURS, enabled=False).exists():
            disabled = f"filter(name__startswith='{_OURS}', enabled=False)"
            mends.append(Mend(_switch(disabled, True), "for those that somebody has disabled"))
    return _finding(message, "schedule-missing", *mends, severity=Severity.ERROR)


def _schedule_doubled(message: CheckMessage) -> Finding:
    others = "filter(task__startswith='adbudget.').exclude(name__startswith='adbudget:')"
    if apps.is_installed("django_celery_beat"):
        rows = _rows(task__startswith="adbudget.", enabled=True).exclude(name__startswith=_OURS)
        names = ", ".join(rows.order_by("name").values_list("name", flat=True)[:5])
        if names:
            return _finding(message, "schedule-doubled", Mend(_switch(others, False), f"to disable {names}"))
    return _finding(message, "schedule-doubled")


_KNOWN: Mapping[str, Callable[[CheckMessage], Finding]] = {
    "adbudget.W007": lambda message: _finding(message, "triggers-absent", _migrate(ledger_alias())),
    "adbudget.W009": lambda message: _finding(
        message, "tz-data", Mend("pip install -U tzdata", "or update the system's package, whichever is older")
    ),
    "adbudget.W010": _schedule_missing,
    "adbudget.W011": _schedule_doubled,
}


def _migrate(alias: str) -> Mend:
    return Mend("manage.py migrate django_adbudget" + ("" if alias == "default" else f" --database {alias}"))


def _switch(rows: str, enabled: bool) -> str:
    """One by one, since beat notices a ``save()`` and no ``update()``."""
    each = f"for x in PeriodicTask.objects.{rows}"
    code = f"from django_celery_beat.models import PeriodicTask; [(setattr(x, 'enabled', {enabled}), x.save()) {each}]"
    return f'manage.py shell -c "{code}"'


def _rows(**lookups: Any) -> Any:
    """Rows of django-celery-beat; none where it is not installed, or its tables are not there yet."""
    if not apps.is_installed("django_celery_beat"):
        return []
    rows = apps.get_model("django_celery_beat", "PeriodicTask")._default_manager.filter(**lookups)
    tables = connections[rows.db].introspection.table_names()
    return rows if rows.model._meta.db_table in tables else rows.none()
