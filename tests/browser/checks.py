"""What must hold on every page of the admin."""

from __future__ import annotations

from typing import Literal

from playwright.sync_api import Page

from tests.browser.axe import poor_contrast, violations
from tests.browser.layout import NARROW, WIDE, overflow


def faults(page: Page) -> list[str]:
    """What axe finds, in light and in dark, and what makes the page wider than a desk's or a phone's window."""
    found = [f"axe: {fault}" for fault in violations(page)]
    other: Literal["light", "dark"] = (
        "light" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "dark"
    )
    page.emulate_media(color_scheme=other)
    found += [f"axe in {other}: {fault}" for fault in poor_contrast(page)]
    page.emulate_media(color_scheme="null")
    return found + [f"too wide {fault}" for width in (NARROW, WIDE) for fault in overflow(page, width)]
