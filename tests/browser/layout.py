"""Whether a page fits its window."""

from __future__ import annotations

from playwright.sync_api import Page

NARROW, WIDE = 390, 1280
# What sticks out where lines begin cannot be scrolled to. What lies in a box that scrolls or cuts off by itself is at
# home there; Django's own frames are no such boxes.
_STICKS_OUT = """
() => {
    const width = document.documentElement.clientWidth;
    const frames = ["HTML", "BODY"], ids = ["container", "main", "content", "content-main"];
    const isFrame = (box) => frames.includes(box.tagName) || ids.includes(box.id) || box.classList.contains("content");
    const isInBox = (element) => element && (
        (!isFrame(element) && getComputedStyle(element).overflowX !== "visible") || isInBox(element.parentElement)
    );
    const isOver = document.dir === "rtl" ? ({left}) => left < -1 : ({right}) => right > width + 1;
    const isOut = (box) => box.width > 1 && box.height > 1 && isOver(box);
    return [...document.body.querySelectorAll("*")]
        .filter((element) => isOut(element.getBoundingClientRect()) && !isInBox(element.parentElement))
        .map((element) => element.outerHTML.slice(0, 120));
}
"""


def overflow(page: Page, width: int) -> list[str]:
    """The elements for which a window of ``width`` pixels has to be scrolled sideways, if it has to be."""
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 900})
    found: list[str] = page.evaluate(_STICKS_OUT)
    if before is not None:
        page.set_viewport_size(before)
    return [f"at {width} pixels: {html}" for html in found]
