"""Builds these pages: `make docs`. They are written to read well where the code is, too, so they hold no directives."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))
from django_adbudget import __version__

project = "django-adbudget"
copyright = "django-adbudget contributors"  # noqa: A001  Sphinx's name
version = release = __version__
extensions = ["myst_parser"]
exclude_patterns = ["build"]
myst_heading_anchors = 4
html_theme = "furo"
smartquotes = False  # a quote in a message is the one that is printed
html_title = f"{project} {version}"
html_copy_source = False
html_show_sphinx = False
html_css_files = ["pages.css"]
html_static_path = ["_static"]

_OUTSIDE = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<path>\.\./[\w/.-]+\.md)(?:#[\w-]+)?\)")
_LINK = re.compile(r"^- \[[^\]]+\]\((?P<page>[\w/-]+)\.md\)", re.MULTILINE)


def contents_of_index(_app: Sphinx, page: str, source: list[str]) -> None:
    """Each section of index.md is a part of the contents: people and Sphinx read the same lists of links."""
    if page == "index":
        opening, *sections = re.split(r"^(?=## )", source[0], flags=re.MULTILINE)
        source[0] = "\n".join([opening, *(section + _toctree(section) for section in sections)])
    elif page == "migrate":
        source[0] += "\n```{toctree}\n:hidden:\n:glob:\n\nmigrating/*\n```\n"


def links_out_of_docs(_app: Sphinx, _page: str, source: list[str]) -> None:
    """Other texts of the repository are no pages of these; their files come along."""
    source[0] = _OUTSIDE.sub(r"{download}`\g<text> <\g<path>>`", source[0])


def _toctree(section: str) -> str:
    caption = section.partition("\n")[0].removeprefix("## ")
    pages = "\n".join(found["page"] for found in _LINK.finditer(section))
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{pages}\n```\n" if pages else ""


def setup(app: Sphinx) -> None:
    app.connect("source-read", contents_of_index)
    app.connect("source-read", links_out_of_docs)
