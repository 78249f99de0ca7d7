"""Model fields: exact money, time zones, byte-exact text, and the projection that only the reconciler writes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import FieldError, ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import lookups
from django.db.models.expressions import (
    Combinable,
    CombinedExpression,
    Expression,
    Value,
    register_combinable_fields,
)
from django.utils.translation import gettext_lazy as _

from .currencies import is_currency
from .exceptions import InvalidAmount, UnknownTimezone
from .rules.calendar import zone_name
from .rules.money import from_micros, to_micros
from .rules.status import Reason

if TYPE_CHECKING:
    _AnyField = models.Field[Any, Any]
    _AnyCharField = models.CharField[Any, Any]
    _AnyDateTimeField = models.DateTimeField[Any, Any]
    _AnyBigIntegerField = models.BigIntegerField[Any, Any]
else:
    # Django's fields are generic in their stubs alone.
    _AnyField, _AnyCharField = models.Field, models.CharField
    _AnyDateTimeField, _AnyBigIntegerField = models.DateTimeField, models.BigIntegerField

_ADDITIVE = (Combinable.ADD, Combinable.SUB)
_WHOLE = Context(prec=40, rounding=ROUND_HALF_EVEN)


class MoneyField(_AnyField):
    """Money in currency units, ``Decimal`` in Python and an integer count of micro-units in a BIGINT (rule M1).

    Filters, ``F()`` plus or minus a plain amount in ``filter()``, ``update()`` and ``save()``, ``Sum()`` and
    fixtures are exact. A plain number that meets money in an annotation needs ``money_value()``. Floats are a
    ``TypeError``; multiplying by anything but an integer in SQL is a ``FieldError``, since it would round.
    """

    description = _("Exact money")
    empty_strings_allowed = False

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Decimal | None:
        if value is None:
            return None
        # SUM() of a BIGINT arrives as Decimal, AVG() with a fraction of a micro-unit.
        return from_micros(value if isinstance(value, int) else int(_WHOLE.to_integral_value(Decimal(value))))

    def to_python(self, value: Any) -> Decimal | None:
        if value is None:
            return None
        try:
            return from_micros(to_micros(value))
        except (TypeError, InvalidAmount) as error:
            raise ValidationError(str(error), code="invalid") from error

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value if value is None or hasattr(value, "resolve_expression") else to_micros(value)

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else str(value)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": forms.DecimalField, "max_digits": 19, "decimal_places": 6, **kwargs})

    def get_placeholder(self, value: Any, compiler: Any, connection: BaseDatabaseWrapper) -> str:
        """Called with what an UPDATE assigns, in time to make its plain numbers money (Django up to 6.0)."""
        in_money(value)
        return "%s"

    def get_placeholder_sql(
        self, value: Any, compiler: Any, connection: BaseDatabaseWrapper
    ) -> tuple[str, Iterable[Any]]:
        """The same from Django 6.1 on."""
        if hasattr(in_money(value), "as_sql"):
            sql, params = compiler.compile(value)
            return sql, params
        return "%s", [value]


def money_value(amount: Decimal | int | str) -> Value:
    """An amount for use in an expression, as in ``Coalesce(Sum("spend"), money_value(0))``."""
    return Value(amount, output_field=MoneyField())


def in_money(expression: Any) -> Any:
    """Make the plain numbers that a resolved expression adds to money mean currency units; others are refused."""
    if isinstance(expression, CombinedExpression):
        sides = [in_money(side) for side in (expression.lhs, expression.rhs)]
        if expression.connector in _ADDITIVE:
            sides = [_as_money(side) for side in sides]
        elif expression.connector != Combinable.MUL or not any(map(_is_integer, sides)):
            raise FieldError("money can be multiplied by an integer in SQL, nothing else; compute it in Python")
        expression.set_source_expressions(sides)
    return expression


def _as_money(side: Expression) -> Expression:
    return money_value(side.value) if isinstance(side, Value) else side


def _is_integer(side: Expression) -> bool:
    return isinstance(side, Value) and isinstance(side.value, int)


class _MoneyLookup(lookups.Lookup):
    def get_prep_lookup(self) -> Any:
        return in_money(super().get_prep_lookup())


for _lookup in (
    lookups.Exact,
    lookups.GreaterThan,
    lookups.GreaterThanOrEqual,
    lookups.LessThan,
    lookups.LessThanOrEqual,
):
    MoneyField.register_lookup(type(f"Money{_lookup.__name__}", (_MoneyLookup, _lookup), {}))
for _connector in _ADDITIVE:
    register_combinable_fields(MoneyField, _connector, MoneyField, MoneyField)
register_combinable_fields(MoneyField, Combinable.MUL, models.IntegerField, MoneyField)
register_combinable_fields(models.IntegerField, Combinable.MUL, MoneyField, MoneyField)


def validate_zone(value: str) -> None:
    try:
        zone_name(value)
    except UnknownTimezone as error:
        raise ValidationError(str(error), code="unknown_timezone") from error


def validate_currency(value: str) -> None:
    if not is_currency(value):
        raise ValidationError(
            _("%(value)s is not an ISO 4217 currency code."), params={"value": value}, code="currency"
        )


class TimeZoneField(_AnyCharField):
    """The name of an IANA time zone; takes ``zoneinfo`` and pytz objects too (rule T7)."""

    default_validators = [validate_zone]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 64, **kwargs})

    def to_python(self, value: Any) -> Any:
        return zone_name(value) if isinstance(value, tzinfo) else super().to_python(value)

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(self.to_python(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.to_python(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value


class ExactTextField(_AnyCharField):
    """Text that every database compares byte for byte: no case folding, no trailing blanks ignored (rule L2)."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        if connection.vendor == "mysql":
            return f"varbinary({(self.max_length or 255) * 4})"
        return super().db_type(connection)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> str | None:
        return value.decode() if isinstance(value, bytes) else value


class AsciiKeyField(ExactTextField):
    """``ExactTextField`` for printable ASCII, which needs one byte a character."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        if connection.vendor == "mysql":
            return f"varbinary({self.max_length})"
        return super().db_type(connection)


class Projected(_AnyField):
    """Mixin of fields that ``save()`` never writes: an insert takes the default, an update leaves the row alone.

    So a stale instance cannot bring back a status (rule S1).
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        if not add:
            return models.F(self.attname)
        value = self.get_default()
        setattr(model_instance, self.attname, value)
        return value


class ProjectedCharField(Projected, _AnyCharField):
    pass


class ProjectedDateTimeField(Projected, _AnyDateTimeField):
    pass


class ProjectedBigIntegerField(Projected, _AnyBigIntegerField):
    pass


class ReasonsField(_AnyCharField):
    """Reasons as a tuple of ``Reason``, in order; ``__contains="ENDED"`` filters on every database (rule S2)."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 255, "blank": True, "default": "", **kwargs})
        self.validators = [v for v in self.validators if not isinstance(v, MaxLengthValidator)]

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        return self.to_python(value)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.split(",") if value else ()
        return None if value is None else tuple(_reason(name) for name in value)

    def get_default(self) -> Any:
        return self.to_python(super().get_default())

    def get_prep_value(self, value: Any) -> Any:
        return ",".join(value) if isinstance(value, tuple | list) else super().get_prep_value(value)

    def value_to_string(self, obj: models.Model) -> str:
        return ",".join(self.value_from_object(obj) or ())


class ProjectedReasonsField(Projected, ReasonsField):
    pass


def _reason(name: str) -> Reason | str:
    """A name that a later version wrote stays readable."""
    try:
        return Reason(name)
    except ValueError:
        return name
