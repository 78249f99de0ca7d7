"""The rows that hold a campaign's week. The grid paints into them, so that there is one thing to post and to check."""

from __future__ import annotations

from datetime import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.formsets import DELETION_FIELD_NAME
from django.utils.translation import gettext as _

from ...models import Campaign, DaypartingSchedule
from ...rules import Dayparting
from . import words
from .picture import Week

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[DaypartingSchedule]
    _FormSet = forms.BaseInlineFormSet[DaypartingSchedule, Campaign, forms.ModelForm[DaypartingSchedule]]
else:
    _ModelForm = forms.ModelForm
    _FormSet = forms.BaseInlineFormSet

#: A week of single hours needs 84; a form of more comes near Django's limit of 1,000 fields.
MOST_WINDOWS = 100
_WHAT = ("day_of_week", "start_time", "end_time", "is_active")


class ClockInput(forms.TimeInput):
    """24 hours for everybody, where the browser's own input for times follows the system's language."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        typing = {"size": 5, "inputmode": "numeric", "placeholder": "00:00", "maxlength": 8}
        super().__init__({**typing, **(attrs or {})}, "%H:%M")


class WindowForm(_ModelForm):
    repeats = False
    """Whether this new window is already there."""

    def has_changed(self) -> bool:
        return not self.repeats and super().has_changed()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = cleaned.get("start_time"), cleaned.get("end_time")
        for name, value in (("start_time", start), ("end_time", end)):
            if value is not None and (value.second or value.microsecond):
                self.add_error(name, _("Give hours and minutes only."))
        if start is not None and start == end != time():
            self.add_error("end_time", _("This window is empty. 00:00 to 00:00 is a whole day."))
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if len(self.errors) > 1:
            # The model says once more, of the whole, what is said beside a field.
            self.errors.pop(NON_FIELD_ERRORS, None)


class WindowFormSet(_FormSet):
    """Windows of one campaign. Taking all hours away where that starts it asks first (rule T6)."""

    asks = False
    """Whether what is posted makes a campaign run at any hour that was held to its hours."""
    takes_all_away = False

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for field in form.fields.values():
            if not field.widget.is_hidden:
                # A browser that goes back would fill these rows with what stood in others.
                field.widget.attrs.update({"autocomplete": "off", "aria-label": str(field.label or "")})

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.initial_forms if not self._is_gone(form)]
        if any("id" in form.errors for form in kept):
            raise ValidationError(_("Somebody has changed these hours in the meantime. Reload the page to see them."))
        new = [form for form in self.extra_forms if form.has_changed() and not self._is_gone(form)]
        if any(form.errors for form in kept + new):
            return
        posted = {form.instance.pk for form in self.initial_forms}
        unseen = [window for window in self._stored if window.pk not in posted]
        there = {_what(form.cleaned_data) for form in kept} | {_what(vars(window)) for window in unseen}
        new = _first_of_each(new, there)
        if len(kept + new + unseen) > max(MOST_WINDOWS, len(self._stored)):
            raise ValidationError(_("A campaign has at most %(limit)s windows.") % {"limit": MOST_WINDOWS})
        left = any(form.cleaned_data.get("is_active") for form in kept + new) or any(w.is_active for w in unseen)
        self._consider(left)

    @cached_property
    def week(self) -> Week:
        """What the template draws."""
        return Week(self)

    @property
    def confirmation_name(self) -> str:
        return f"{self.prefix}-runs_at_any_hour"

    @property
    def is_confirmed(self) -> bool:
        return self.is_bound and bool(self.data.get(self.confirmation_name))

    @cached_property
    def is_held(self) -> bool:
        """Whether the campaign, as it is stored, runs at some hours only, or never for want of any."""
        if self._stored_mode == Dayparting.AUTO:
            return any(window.is_active for window in self._stored)
        return self._stored_mode == Dayparting.REQUIRED

    def _consider(self, left: bool) -> None:
        self.takes_all_away = not left and any(window.is_active for window in self._stored)
        self.asks = not left and self.is_held and self.instance.dayparting == Dayparting.AUTO
        if self.asks and not self.is_confirmed:
            raise ValidationError(str(words.CONFIRM), code="runs_at_any_hour")

    def _is_gone(self, form: Any) -> bool:
        return bool(self.can_delete and form.cleaned_data.get(DELETION_FIELD_NAME))

    @cached_property
    def _stored(self) -> list[DaypartingSchedule]:
        """The windows as they are stored; forms write what is posted into instances of their own."""
        if not self.instance.pk:
            return []
        if not self.is_bound:
            return list(self.get_queryset())
        return list(DaypartingSchedule._base_manager.filter(campaign=self.instance.pk))

    @cached_property
    def _stored_mode(self) -> str | None:
        """The mode before the form changed it; None for a new campaign."""
        if not self.instance.pk:
            return None
        if not self.is_bound:
            return self.instance.dayparting
        stored = Campaign._base_manager.filter(pk=self.instance.pk)
        return stored.values_list("dayparting", flat=True).first()


def _first_of_each(new: list[Any], there: set[Any]) -> list[Any]:
    """Without windows that are there already, so that a form that is sent twice adds its windows once."""
    kept = []
    for form in new:
        form.repeats = _what(form.cleaned_data) in there
        if not form.repeats:
            there.add(_what(form.cleaned_data))
            kept.append(form)
    return kept


def _what(values: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(values.get(name) for name in _WHAT)
