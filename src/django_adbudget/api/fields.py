"""Fields of a request, each read strictly: a value, or what is wrong with it and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from ..exceptions import AdBudgetError
from ..models.ledger import DESCRIPTION_LENGTH, SOURCE_LENGTH
from ..rules.money import record_micros, shown, total_micros
from ..services.spending.postings import checked_key, checked_text
from .problems import Fault, Problem

T = TypeVar("T")

LARGEST_ID = 2**63 - 1
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ](?:[01][0-9]|2[0-3]):[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-9]{2})",
    re.ASCII,
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DIGITS = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)


class Unfit(ValueError):
    """A value that cannot be taken."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


class Reader:
    """Takes the fields of one JSON object and gathers what is wrong with any of them."""

    def __init__(self, document: object, at: str = "") -> None:
        self.at = at
        self.faults: list[Fault] = []
        self._fields: Mapping[str, Any] = document if isinstance(document, dict) else {}
        self._asked: list[str] = []
        if not isinstance(document, dict):
            self.refuse("", "wrong_type", f"must be an object, not {_kind(document)}")

    def need(self, name: str, read: Callable[[Any], T]) -> T | None:
        """The field's value; None if there is none or it is unfit, which is noted."""
        value = self.may(name, read)
        if value is None and self._fields.get(name) is None:
            self.refuse(f"/{name}", "required", "must be given")
        return value

    def may(self, name: str, read: Callable[[Any], T]) -> T | None:
        """The same for a field that may be left out or null."""
        self._asked.append(name)
        value = self._fields.get(name)
        return None if value is None else self.check(name, value, read)

    def refuse(self, pointer: str, code: str, detail: str) -> None:
        self.faults.append(Fault(self.at + pointer, code, detail))

    def close(self) -> None:
        """Refuse what nobody asked for."""
        for name in sorted(self._fields.keys() - self._asked):
            self.refuse(f"/{_escaped(name)}", "unknown_field", "this is no field of the request")
        self._asked.extend(self._fields)

    def done(self) -> None:
        """``close()``, and raise if anything was wrong."""
        self.close()
        if self.faults:
            raise Problem(422, self.faults)

    def check(self, name: str, value: Any, read: Callable[[Any], T]) -> T | None:
        """The same for a value that came another way, such as in a header."""
        try:
            return read(value)
        except Unfit as unfit:
            self.refuse(f"/{name}", unfit.code, str(unfit))
        except AdBudgetError as error:
            self.refuse(f"/{name}", _code_of(error), str(error))
        return None


def _code_of(error: AdBudgetError) -> str:
    name = type(error).__name__
    return "invalid_text" if name == "InvalidEntry" else f"invalid_{name.removeprefix('Invalid').lower()}"


def _escaped(name: str) -> str:
    return shown(name).replace("~", "~0").replace("/", "~1")


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def identifier(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unfit("wrong_type", f"must be an integer, not {_kind(value)}{_fraction(value)}")
    if not 0 < value <= LARGEST_ID:
        raise Unfit("out_of_range", f"must lie between 1 and {LARGEST_ID}")
    return value


def _fraction(value: Any) -> str:
    return " with a fraction or exponent" if isinstance(value, Decimal) else ""


def _number(value: Any) -> Decimal | int | str:
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise Unfit("wrong_type", f"must be a number, or text that is a plain decimal, not {_kind(value)}")
    return value


def amount(value: Any) -> Decimal | int | str:
    record_micros(_number(value))
    return value  # type: ignore[no-any-return]


def total(value: Any) -> Decimal | int | str:
    total_micros(_number(value))
    return value  # type: ignore[no-any-return]


def instant(value: Any) -> datetime:
    if not isinstance(value, str):
        raise Unfit("wrong_type", f"must be text such as 2026-03-31T14:00:00+02:00, not {_kind(value)}")
    if not _INSTANT.fullmatch(value):
        raise Unfit("invalid_time", "must be an instant with its offset, such as 2026-03-31T14:00:00+02:00")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unfit("invalid_time", "no such instant") from None


def day(value: Any) -> date:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise Unfit("invalid_date", "must be a date such as 2026-03-31")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Unfit("invalid_date", "no such date") from None


def key(value: Any) -> str:
    return checked_key(_text(value))


def source(value: Any) -> str:
    return checked_text("source", _text(value), SOURCE_LENGTH)


def description(value: Any) -> str:
    return checked_text("description", _text(value), DESCRIPTION_LENGTH)


def currency(value: Any) -> str:
    return checked_text("currency", _text(value), 3)


def external_id(value: Any) -> str:
    return checked_text("external_id", _text(value), 255)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Unfit("wrong_type", f"must be text, not {_kind(value)}")
    return value


def one_of(names: Iterable[str]) -> Callable[[Any], str]:
    choices = tuple(names)

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise Unfit("invalid_choice", f"must be one of {', '.join(choices)}")
        return value

    return read


def whole(lowest: int, highest: int) -> Callable[[Any], int]:
    """For a query: text of ASCII digits within bounds."""

    def read(value: Any) -> int:
        if not re.fullmatch(r"[0-9]{1,19}", value, re.ASCII) or not lowest <= int(value) <= highest:
            raise Unfit("out_of_range", f"must be a whole number from {lowest} to {highest}")
        return int(value)

    return read


def flag(value: Any) -> bool:
    """For a query."""
    return one_of(["true", "false"])(value) == "true"


def path_id(text: str) -> int | None:
    """The id in an address, None where it is none."""
    return int(text) if _DIGITS.fullmatch(text) and int(text) <= LARGEST_ID else None
