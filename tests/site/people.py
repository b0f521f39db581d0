"""People with accounts, as the site's tests need them."""

from __future__ import annotations

import re

from playwright.sync_api import Page

from tests.site.conftest import Site

PASSWORD = "a whale carries boxes 7"


def make_administrator(site: Site, name: str) -> None:
    """An account that runs the site; there already is as good."""
    code = (
        "from playground.accounts.models import User\n"
        f"if not User.objects.filter(username={name!r}).exists():\n"
        f"    User.objects.create_superuser({name!r}, password={PASSWORD!r})"
    )
    site.manage("shell", "-c", code)


def sign_in(page: Page, name: str, to: str) -> None:
    """Sign in by the form, and be led to a page; whether it lets one in is the caller's to see."""
    page.goto(f"/account/login/?next={to}")
    page.get_by_label(re.compile("^Login")).fill(name)
    page.get_by_label("Password:").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
