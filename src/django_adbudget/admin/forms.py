"""Forms for money. The services decide; what they refuse is said at the field."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from .. import wording
from ..exceptions import (
    AdBudgetError,
    CorrectionTooLarge,
    IdempotencyMismatch,
    InvalidAmount,
    InvalidEntry,
    InvalidSpendTime,
)
from ..models.ledger import DESCRIPTION_LENGTH, SOURCE_LENGTH
from ..rules import as_zone
from ..rules.money import MAX_RECORD, MICROS_PER_UNIT

_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)
_PLACES = 6
#: The field at which a refusal is said, and the words for it; None: the error's own.
_REFUSALS: dict[type[AdBudgetError], tuple[str | None, Any]] = {
    CorrectionTooLarge: ("amount", _("That is more than is left to take back.")),
    InvalidAmount: ("amount", None),
    InvalidSpendTime: ("at", _("This lies in the future, or further back than spend may be dated.")),
    InvalidEntry: ("description", None),
    IdempotencyMismatch: (
        None,
        _("This form was sent before, with other content, which was recorded. Open the page anew to record more."),
    ),
}


class ExactAmountField(forms.DecimalField):
    """The amount of one record (rules M1, M2): plain digits, above zero, at most 6 places, never rounded."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            min_value=Decimal(1) / MICROS_PER_UNIT,
            max_value=MAX_RECORD,
            decimal_places=_PLACES,
            widget=forms.NumberInput(attrs={"step": "any", "class": "vTextField ab-amount"}),
            **kwargs,
        )

    def to_python(self, value: Any) -> Any:
        # Decimal() reads "1_0", "1e9" and the digits of other scripts too.
        if value not in self.empty_values and not _PLAIN.fullmatch(str(value).strip()):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class LocalTimeField(forms.DateTimeField):
    """A moment by the clocks of a zone, to be set as ``zone`` before the form is cleaned."""

    zone = "UTC"
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "class": "ab-when"}, format="%Y-%m-%dT%H:%M")

    def clean(self, value: Any) -> Any:
        with timezone.override(as_zone(self.zone)):
            return super().clean(value)


class MoneyForm(forms.Form):
    """``key`` is made with the page: the same form sent twice is one record (rule L2)."""

    amount = ExactAmountField(label=_("Amount"))
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    prefix_of_keys = "admin"
    logged = "%(amount)s"

    def __init__(self, *args: Any, currency: str, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.zone = currency, zone
        self.fields["amount"].label = gettext("Amount in %(currency)s") % {"currency": currency}

    def sent(self) -> dict[str, Any]:
        """The arguments of the service."""
        data = dict(self.cleaned_data)
        key = data.pop("key")
        return {**data, "idempotency_key": f"{self.prefix_of_keys}:{key}"}

    def refuse(self, error: AdBudgetError) -> None:
        """Say what a service has refused where people look for it."""
        field, words = _REFUSALS.get(type(error), (None, None))
        self.add_error(field if field in self.fields else None, str(words or error))

    def log(self) -> str:
        """What the admin's log keeps of it: the amount alone, since what people wrote may have to be forgotten (H3)."""
        return gettext(self.logged) % {"amount": wording.money(self.cleaned_data["amount"], self.currency)}


class SpendForm(MoneyForm):
    at = LocalTimeField(label=_("When"), required=False)
    source = forms.CharField(label=_("Source"), required=False, max_length=SOURCE_LENGTH, strip=False)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=DESCRIPTION_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )
    prefix_of_keys = "admin-spend"
    logged = gettext_noop("Recorded %(amount)s.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        at = self.fields["at"]
        assert isinstance(at, LocalTimeField)
        at.zone = self.zone
        at.help_text = gettext("By the clocks of %(city)s. Empty: now.") % {"city": wording.city(self.zone)}


class CorrectionForm(MoneyForm):
    description = forms.CharField(
        label=_("Reason"), max_length=DESCRIPTION_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )
    prefix_of_keys = "admin-correction"
    logged = gettext_noop("Took back %(amount)s.")
