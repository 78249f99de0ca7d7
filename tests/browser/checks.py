"""What must hold on every page of the admin."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.axe import poor_contrast, violations
from tests.browser.layout import NARROW, WIDE, overflow


def faults(page: Page) -> list[str]:
    """What axe finds, in light and in dark, and what makes the page wider than a desk's or a phone's window."""
    found = [f"axe: {fault}" for fault in violations(page)]
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        found += [f"axe in {scheme}: {fault}" for fault in poor_contrast(page)]
    page.emulate_media(color_scheme="null")
    return found + [f"too wide {fault}" for width in (NARROW, WIDE) for fault in overflow(page, width)]
