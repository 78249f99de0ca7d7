"""Whether a page fits its window."""

from __future__ import annotations

from playwright.sync_api import Page

NARROW, WIDE = 390, 1280
_STICKS_OUT = """
() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const sticksOut = (box) => box.width && (box.right > root.clientWidth + 1 || box.left < -1);
    const scrolls = (element) => element && element !== document.body && element !== root
        && (getComputedStyle(element).overflowX !== "visible" || scrolls(element.parentElement));
    return [...document.body.querySelectorAll("*")]
        .filter((element) => sticksOut(element.getBoundingClientRect()) && !scrolls(element.parentElement))
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
