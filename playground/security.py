"""Headers that every page has."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

#: Everything comes from the site itself. xterm.js sets styles from its script, which a policy for
#: style *attributes* would refuse; scripts and style sheets may not be inline.
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "style-src-elem 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)

#: The player of recordings has a terminal in WebAssembly, which this lets it compile; scripts from
#: texts stay forbidden.
WITH_WEBASSEMBLY = _POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")


class ContentSecurityPolicyMiddleware:
    """Tell the browser to load nothing from anywhere else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        return response
