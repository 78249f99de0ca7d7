"""The package's catalogs: `python -m tests.messages` brings them up to date with the texts of the source.

What is new is left empty, what is no longer used is taken out, and the compiled catalogs are written anew. Babel does
it all; the tools of GNU gettext are not needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "django_adbudget"
LOCALE = PACKAGE / "locale"
LANGUAGES = ("de", "es")

_KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    **dict.fromkeys(["_", "gettext", "gettext_lazy", "gettext_noop"]),
    **dict.fromkeys(["ngettext", "ngettext_lazy"], (1, 2)),
    **dict.fromkeys(["pgettext", "pgettext_lazy"], ((1, "c"), 2)),
    **dict.fromkeys(["npgettext", "npgettext_lazy"], ((1, "c"), 2, 3)),
}


def po_file(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def used() -> Catalog:
    """Every text that the package marks for translation, with the files it stands in."""
    catalog = Catalog(project="django-adbudget")
    for path in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.html"), *PACKAGE.rglob("*.txt")]):
        for _line, text, comments, context in extract(
            "python", BytesIO(_source(path).encode()), _KEYWORDS, ["Translators:"], {"encoding": "utf-8"}
        ):
            where = [(path.relative_to(PACKAGE).as_posix(), 0)]
            catalog.add(text, locations=where, auto_comments=comments, context=context)
    return catalog


def _source(path: Path) -> str:
    """Python, or what Django makes of a template for such tools; its lines have no indentation of Python's."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text
    return "\n".join(line.strip() for line in templatize(text, origin=str(path)).splitlines())


def load(language: str) -> Catalog:
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalog: Catalog) -> bytes:
    buffer = BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def messages(catalog: Catalog) -> Iterator[Message]:
    """All but the header."""
    return (message for message in catalog if message.id)


def update(language: str) -> None:
    catalog = load(language)
    catalog.update(used(), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    with po_file(language).open("wb") as file:
        write_po(file, catalog, width=120, sort_output=True, include_lineno=False)
    po_file(language).with_suffix(".mo").write_bytes(compiled(catalog))


def strings(message: Message) -> list[str]:
    """The translation, with each of its plural forms."""
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def main() -> None:
    for language in LANGUAGES:
        update(language)
        empty = sum(not any(strings(message)) for message in messages(load(language)))
        print(f"{po_file(language)}: {empty} without a translation")


if __name__ == "__main__":
    main()
