from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from playground.accounts.providers import form_targets, providers


def test_each_is_there_when_the_environment_has_it() -> None:
    environ = {
        "PLAYGROUND_GITHUB_ID": "a", "PLAYGROUND_GITHUB_SECRET": "b",
        "PLAYGROUND_OIDC_URL": "https://id.example.org/realms/x", "PLAYGROUND_OIDC_ID": "c",
        "PLAYGROUND_OIDC_SECRET": "d", "PLAYGROUND_OIDC_NAME": "Example",
    }  # fmt: skip
    found = providers(environ)
    assert set(found) == {"github", "openid_connect"}
    assert found["openid_connect"]["APPS"][0]["name"] == "Example"
    assert form_targets(environ) == ["https://github.com", "https://id.example.org"]
    assert providers({}) == {}
    assert form_targets({}) == []


@pytest.mark.parametrize(
    "environ",
    [
        {"PLAYGROUND_GITHUB_ID": "a"},
        {"PLAYGROUND_GOOGLE_SECRET": "a"},
        {"PLAYGROUND_OIDC_URL": "https://id.example.org"},
    ],
)
def test_half_a_provider_is_an_error(environ: dict[str, str]) -> None:
    with pytest.raises(ImproperlyConfigured, match="PLAYGROUND_"):
        providers(environ)
