"""A browser, as the site's tests have it."""

from tests.site.conftest import browser

__all__ = ["browser"]
