"""What axe-core finds on a page, by the rules of WCAG 2.2 A and AA and by good practice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN = """
async ([only, known]) => {
    await Promise.all(document.getAnimations().map((animation) => animation.finished));
    // Preloading would read style sheets by inline ones, which the policy refuses.
    const results = await axe.run({runOnly: only, resultTypes: ["violations"], preload: false});
    const isKnown = (rule, node) => known.some(
        ([id, within]) => id === rule.id && document.querySelector(node.target[0])?.closest(within)
    );
    return results.violations.flatMap((rule) => rule.nodes.filter((node) => !isKnown(rule, node)).map((node) => {
        const checks = [...node.any, ...node.all, ...node.none].map((check) => check.message);
        return `${rule.id} (${rule.impact}): ${node.target} ${node.html.slice(0, 160)} ${checks.join("; ")}`;
    }));
}
"""


@dataclass(frozen=True)
class Fault:
    """A fault of Django's own admin, which is not ours to mend: axe's rule, and the elements in which it is."""

    rule: str
    within: str
    why: str


DJANGO: Sequence[Fault] = (
    Fault("target-size", "#changelist-filter", "the links of filters are 20 pixels high"),
    Fault("target-size", ".paginator", "the links to other pages are 19 pixels wide"),
    Fault("link-in-text-block", ".breadcrumbs", "its links differ from the text around them by a shade alone"),
    Fault("link-in-text-block", ".delete-confirmation #content", "so do links to what is about to be deleted"),
    Fault("page-has-heading-one", "html:has(body.login)", "the login has no heading"),
    Fault("aria-input-field-name", ".select2", "the choice of a related row is not named by its label"),
)


def violations(page: Page) -> list[str]:
    """One line for each element that breaks a rule, other than by Django's own fault."""
    return _run(page, {"type": "tag", "values": TAGS})


def poor_contrast(page: Page) -> list[str]:
    """The same for contrast alone: all that another color scheme can change."""
    return _run(page, {"type": "rule", "values": ["color-contrast"]})


def _run(page: Page, only: dict[str, Any]) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(_RUN, [only, [[fault.rule, fault.within] for fault in DJANGO]])
    return found
