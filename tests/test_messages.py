"""The catalogs: whole, and true to the source. `make messages` adds what is new, which is then to be translated."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.mofile import read_mo
from django import conf
from django.apps import apps
from django.contrib import admin, auth
from django.utils import translation
from django.utils.functional import Promise

from tests.messages import LANGUAGES, PACKAGE, compiled, load, messages, po_file, strings, used

each_language = pytest.mark.parametrize("language", LANGUAGES)
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[a-z%]|\{\w*\}")


@pytest.fixture(scope="module")
def source() -> Catalog:
    return used()


def translations(catalog: Catalog) -> dict[object, list[str]]:
    return {key(message): strings(message) for message in messages(catalog)}


def key(message: Message) -> tuple[str | None, tuple[str, ...]]:
    return message.context, ids(message)


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


@each_language
def test_the_catalog_has_the_texts_of_the_source_and_no_others(language: str, source: Catalog) -> None:
    catalog = load(language)
    assert set(map(key, messages(catalog))) == set(map(key, messages(source))), (
        "run `make messages`, and translate what is new"
    )
    assert not catalog.obsolete


@each_language
def test_every_text_is_translated(language: str) -> None:
    catalog = load(language)
    assert [message.id for message in messages(catalog) if message.fuzzy] == []
    assert [message.id for message in messages(catalog) if not all(strings(message))] == []


@each_language
def test_placeholders_are_those_of_the_text(language: str) -> None:
    """A singular may leave its number out, where the English one does."""
    catalog = load(language)
    for message in messages(catalog):
        assert list(message.check(catalog)) == [], message.id
        allowed = [sorted(PLACEHOLDER.findall(text)) for text in ids(message)]
        assert all(sorted(PLACEHOLDER.findall(text)) in allowed for text in filter(None, strings(message))), message.id


@each_language
def test_the_compiled_catalog_is_the_one_that_was_written(language: str) -> None:
    with po_file(language).with_suffix(".mo").open("rb") as file:
        shipped = read_mo(file)
    written = read_mo(BytesIO(compiled(load(language))))
    assert translations(shipped) == translations(written), "run `make messages`"


@each_language
def test_django_finds_it(language: str) -> None:
    with translation.override(language):
        assert translation.gettext("outside its hours") != "outside its hours"


@each_language
def test_what_django_says_too_is_said_as_django_does(language: str) -> None:
    """Catalogs are merged, the first app's wins: an ambiguous word needs a context, or one of the two reads wrong."""
    for root in (Path(conf.__file__), Path(admin.__file__), Path(auth.__file__)):
        with (root.parent / "locale" / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
            theirs = translations(read_mo(file))
        ours = translations(load(language))
        differing = {text for text in ours.keys() & theirs if set(ours[text]) != set(theirs[text])}
        assert not differing


def test_what_models_are_called_is_marked_for_translation() -> None:
    for model in apps.get_app_config("django_adbudget").get_models():
        options = model._meta
        assert isinstance(options.verbose_name, Promise), model
        assert isinstance(options.verbose_name_plural, Promise), model


def test_scripts_hold_no_texts_of_their_own() -> None:
    """They take them from the page, which the server has translated; so that no catalog for scripts is needed."""
    for path in PACKAGE.rglob("*.js"):
        assert "gettext" not in path.read_text(encoding="utf-8"), path
