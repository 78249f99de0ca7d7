"""Whatever a page complains of while a test drives it."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Page, Request, Response

_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => console.error(
    `CSP: ${event.effectiveDirective} refuses ${event.blockedURI} ${event.sample}`
    + ` (${event.sourceFile}:${event.lineNumber}) on ${event.target.outerHTML || event.target.nodeName}`
));
"""


@dataclass
class Watch:
    """Errors and warnings of the console, violations of the policy, uncaught exceptions and failed requests."""

    complaints: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """From its next navigation on."""
        page.add_init_script(_TELL_VIOLATIONS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._complain(page, f"uncaught: {error}"))
        page.on("requestfailed", self._request)
        page.on("response", self._response)

    def assert_quiet(self) -> None:
        """Fails with all that was heard, once."""
        heard, self.complaints = self.complaints, []
        assert not heard, "The page complains:\n" + "\n".join(heard)

    def wait_for(self, page: Page, text: str) -> None:
        """Until a complaint holds ``text``; fails after some seconds' worth of frames."""
        for _frame in range(600):
            if any(text in complaint for complaint in self.complaints):
                return
            page.evaluate("() => new Promise(requestAnimationFrame)")
        raise AssertionError(f"Nothing complains of {text!r}: {self.complaints}")

    def forgive(self, text: str) -> None:
        """Take away complaints that hold ``text``, of which there must be some: a test that provokes one says so."""
        kept = [complaint for complaint in self.complaints if text not in complaint]
        assert len(kept) < len(self.complaints), f"Nothing complains of {text!r}: {self.complaints}"
        self.complaints = kept

    def _complain(self, page: Page | None, text: str) -> None:
        self.complaints.append(f"{page.url if page else '?'}: {text}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._complain(message.page, f"console {message.type}: {message.text} ({message.location['url']})")

    def _request(self, request: Request) -> None:
        # A page that is left ends its own requests.
        if request.failure != "net::ERR_ABORTED":
            self._complain(request.frame.page, f"{request.url} failed: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._complain(response.frame.page, f"{response.url} answers {response.status}")
