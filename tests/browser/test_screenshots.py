"""The pictures of the docs: one for each walk and color scheme, none besides, and each is shown."""

from __future__ import annotations

from tests.browser.screenshots import PICTURES, WALKS


def test_there_is_a_picture_of_each_walk_in_light_and_dark() -> None:
    walks = {name.replace("_", "-") for name in WALKS}
    expected = {f"{walk}-{scheme}.png" for walk in walks for scheme in ("light", "dark")}
    assert {path.name for path in PICTURES.iterdir()} == expected, "run `make screenshots`"


def test_the_docs_show_each_picture() -> None:
    page = (PICTURES.parent / "admin-screenshots.md").read_text(encoding="utf-8")
    for path in PICTURES.iterdir():
        assert f"]({PICTURES.name}/{path.name})" in page
        assert f'="{PICTURES.name}/{path.name}"' in page
