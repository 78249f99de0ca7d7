"""Per cent of a budget at which alerts are raised, as a field (rule D4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    _AnyCharField = models.CharField[Any, Any]
else:
    # Django's fields are generic in their stubs alone.
    _AnyCharField = models.CharField

HIGHEST = 1000
MOST = 20
NONE = "none"
"""What people write for "no alerts", since a blank means that the setting holds."""


def as_thresholds(value: str | Iterable[int | str]) -> tuple[int, ...]:
    """``"50, 80, 100"``, ``[50, 80, 100]`` or ``"none"`` as ascending whole per cents, each once.

    Raises ``ValidationError`` for anything but whole numbers from 1 to 1000, and for more than 20.
    """
    if isinstance(value, str):
        text = value.strip()
        parts: list[int | str] = [] if text.lower() in {"", NONE} else list(text.split(","))
    else:
        parts = list(value)
    thresholds = tuple(sorted({_threshold(part) for part in parts}))
    if len(thresholds) > MOST:
        raise ValidationError(_("At most %(most)d thresholds."), params={"most": MOST}, code="thresholds")
    return thresholds


def _threshold(part: int | str) -> int:
    text = part.strip().removesuffix("%").rstrip() if isinstance(part, str) else part
    if isinstance(text, str) and _is_whole(text):
        text = int(text)
    # Not a bool, and not what int() would cut off.
    if type(text) is int and 1 <= text <= HIGHEST:
        return text
    raise ValidationError(
        _("%(value)s is not a threshold: write whole per cents from 1 to %(highest)d, such as 50, 80, 100."),
        params={"value": str(part).strip() or '""', "highest": HIGHEST},
        code="thresholds",
    )


def _is_whole(text: str) -> bool:
    """A few of our own digits, and nothing else that int() would read."""
    return text.isascii() and text.isdigit() and len(text) <= len(str(HIGHEST))


def thresholds_text(value: tuple[int, ...] | None) -> str:
    """The words that ``as_thresholds`` reads back; none at all for None."""
    return NONE if value == () else ", ".join(map(str, value or ()))


class ThresholdsField(_AnyCharField):
    """Thresholds as a tuple of ints; None: those of the setting; ``()``: no alerts. In forms ``50, 80, 100``.

    Text in the database, so that it is the same on every one.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 99, "null": True, "blank": True, **kwargs})
        self.validators = []  # how long the text can be follows from what is let through

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> tuple[int, ...] | None:
        """Brands are read wherever money is written: text that somebody put there by hand must not keep it out."""
        return value if value is None else tuple(int(part) for part in value.split(",") if _is_whole(part.strip()))

    def to_python(self, value: Any) -> Any:
        return value if value is None else as_thresholds(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        if not hasattr(value, "resolve_expression"):
            value = self.to_python(value)
            setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return ",".join(map(str, as_thresholds(value)))

    def value_to_string(self, obj: models.Model) -> str:
        return thresholds_text(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> Any:
        return models.Field.formfield(self, **{"form_class": ThresholdsFormField, **kwargs})


class ThresholdsFormField(forms.Field):
    """Reads ``50, 80, 100``; a blank is None: the setting holds."""

    def to_python(self, value: Any) -> tuple[int, ...] | None:
        return as_thresholds(value) if str(value or "").strip() else None

    def prepare_value(self, value: Any) -> Any:
        return thresholds_text(value) if isinstance(value, tuple) else value
