"""The admin in a real browser: Debian's Chromium, driven by pytest-playwright.

Run them with `make test-browser`, some of them with

    python -m tests browser -- -q tests/browser/test_pages.py -k Campaign

add `--headed`, `--tracing retain-on-failure` or `--screenshot only-on-failure` to see more. Nothing here skips: what is
missing fails, and says what to install.

The host (`settings.py`) answers in the reader's language, and under a Content-Security-Policy that allows files of its
own and nothing inline. Its clock stands at `stage.NOW`, in the browser too.

A test takes the fixture `admin_page`, a page of the superuser's, or opens its own:

    def test_a_window_is_painted(open_page: OpenPage, check_page: CheckPage) -> None:
        page = open_page(DARK, javascript=False)
        page.goto(reverse("admin:django_adbudget_campaign_change", args=[Campaign.objects.get(name="Always on").pk]))
        page.get_by_role("button", name="Save", exact=True).click()
        check_page(page)
        assert Campaign.objects.get(name="Always on").dayparting_schedules.exists()

`stage`, which comes with either, holds the brands and campaigns of `stage.py`, fresh for each test, whatever the last
one changed. Whatever a page complains of (console, policy, exception, failed request, answer of 400 and above) fails
the test that opened it at its end; a test that provokes a complaint says so: `watch.forgive("answers 403")`.

`check_page(page)` looks at a page as it stands: axe-core in light and in dark, and no sideways scrolling on a desk or a
phone. `test_pages.py` does so for every page of every registered model, from left to right and from right to left.
"""
