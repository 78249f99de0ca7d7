"""Amounts as people type them: in their own locale, exactly, or not at all (rules M1, M2)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.utils.formats import get_format
from django.utils.translation import gettext

from .. import wording
from ..exceptions import InvalidAmount
from ..rules import to_micros

_SAMPLE = Decimal("1234.5")


class AmountField(forms.Field):
    """An amount of 0 or more, grouped as the reader's locale shows it or not grouped at all.

    ``1.234`` is 1234 to a German and 1.234 to an American. What fits neither way of the reader's locale is refused,
    so that a separator from elsewhere never makes an amount a thousand times another.
    """

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "size": 16})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(MinValueValidator(0))

    def to_python(self, value: Any) -> Decimal | None:
        text = _plain("" if value is None else str(value))
        if not text:
            return None
        if not (parts := _pattern().fullmatch(text)):
            raise ValidationError(
                gettext("Enter an amount such as %(sample)s.") % {"sample": wording.number(_SAMPLE, 2)}, code="invalid"
            )
        whole = re.sub(r"\D", "", parts["whole"])
        try:
            amount = Decimal(f"{parts['sign']}{whole}.{parts['fraction'] or 0}")
            to_micros(amount)
        except InvalidAmount as error:
            raise ValidationError(
                gettext("An amount has at most 6 decimal places, and 12 digits before them."), code="invalid"
            ) from error
        return amount


def _pattern() -> re.Pattern[str]:
    point, group = (re.escape(_plain(get_format(name))) for name in ("DECIMAL_SEPARATOR", "THOUSAND_SEPARATOR"))
    grouped = rf"\d{{1,3}}(?:{group}\d{{2,3}})*{group}\d{{3}}" if group else r"\d+"
    return re.compile(rf"(?P<sign>[+-]?)(?P<whole>{grouped}|\d+)(?:{point}(?P<fraction>\d*))?")


def _plain(text: str) -> str:
    """Without blanks, which group digits in some locales: no-break and narrow ones are seldom on a keyboard."""
    return re.sub(r"\s", "", text)
