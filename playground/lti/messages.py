"""The two halves of a launch, by PyLTI1p3, with what it leaves to its users made strict.

The library takes the same token twice if its state is known, looks at the first audience only,
leaves out expiry if a token has none, and keeps launches in the session. Here a login is kept in
the cache until its launch comes, once; the browser's cookie must name it, and issuer, client and
nonce must be those that it was begun with.
"""

from __future__ import annotations

import hmac
from typing import Any

import jwt
import requests
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from jwcrypto.common import JWException
from pylti1p3.contrib.django.cookie import DjangoCookieService
from pylti1p3.contrib.django.message_launch import DjangoMessageLaunch
from pylti1p3.contrib.django.oidc_login import DjangoOIDCLogin
from pylti1p3.contrib.django.request import DjangoRequest
from pylti1p3.deployment import Deployment as LibraryDeployment
from pylti1p3.exception import LtiException
from pylti1p3.registration import Registration
from pylti1p3.tool_config import ToolConfAbstract

from playground.lti import claims, keys
from playground.lti.models import Deployment, Platform
from playground.lti.outbound import PlatformSession

#: Seconds between login and launch: people sign in at their platform meanwhile.
_LOGIN_LASTS = 600
_KEYS_LAST = 3600
#: Seconds in which an unknown key has the platform asked for its keys once.
_ASK_AGAIN = 30
#: Asymmetric ones; a public key is never taken for a shared secret.
_ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384"]
_LEEWAY = 60
_WAITING_DEPLOYMENTS = 20
_LONGEST = 4000
#: Characters of a name, as the standard has it.
_LONGEST_NAME = 255
_LOGIN_WORDS = ("iss", "login_hint", "target_link_uri", "lti_message_hint", "client_id",
                "lti_deployment_id")  # fmt: skip


class NoCookie(LtiException):
    """The browser did not bring back the cookie of its login; ``login`` is what began it."""

    def __init__(self, login: dict[str, str] | None) -> None:
        super().__init__("the cookie of this login did not come back")
        self.login = login


class NotAllowedHere(LtiException):
    """A deployment that no administrator has allowed yet."""


def is_secure(request: HttpRequest) -> bool:
    """Whether the browser speaks TLS, to us or to the proxy in front."""
    return request.is_secure() or bool(settings.SESSION_COOKIE_SECURE)


class Cookies(DjangoCookieService):
    """The login's cookie. No neighbouring host, as a student's port, can set one of its name."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(DjangoRequest(request))
        self._cookie_prefix = "__Host-lti" if is_secure(request) else "lti"
        self.secure = is_secure(request)

    def put(self, response: HttpResponse) -> None:
        """Set what is to be set."""
        for name, cookie in (self._cookie_data_to_set or {}).items():
            response.set_cookie(
                name,
                cookie["value"],
                max_age=cookie["exp"],
                secure=self.secure,
                httponly=True,
                # The launch is a form that the platform has the browser send.
                samesite="None" if self.secure else None,
            )

    def forget(self, response: HttpResponse, state: str) -> None:
        """Remove the cookie of a login that is over."""
        name = self._get_key(state)
        response.set_cookie(
            name,
            "",
            max_age=0,
            secure=self.secure,
            httponly=True,
            samesite="None" if self.secure else None,
        )


class Tool(ToolConfAbstract[Any]):
    """Finds platforms for the library."""

    def check_iss_has_one_client(self, iss: str) -> bool:
        return False

    def check_iss_has_many_clients(self, iss: str) -> bool:
        return True

    def find_registration_by_issuer(self, iss: str, *args: Any, **kwargs: Any) -> Registration:
        return self.find_registration_by_params(iss, "")

    def find_registration_by_params(
        self, iss: str, client_id: str | None, *args: Any, **kwargs: Any
    ) -> Registration:
        return registration(find_platform(iss, client_id))

    def find_deployment(self, iss: str, deployment_id: str) -> LibraryDeployment | None:
        return None

    def find_deployment_by_params(
        self, iss: str, deployment_id: str, client_id: str, *args: Any, **kwargs: Any
    ) -> LibraryDeployment | None:
        if not isinstance(deployment_id, str) or not 0 < len(deployment_id) <= _LONGEST_NAME:
            return None
        if not deployment_id.isprintable():
            return None
        platform = find_platform(iss, client_id)
        known = platform.deployments.filter(name=deployment_id).first()
        if known and known.allowed:
            return LibraryDeployment().set_deployment_id(deployment_id)
        if not known and platform.deployments.filter(allowed=False).count() < _WAITING_DEPLOYMENTS:
            Deployment.objects.get_or_create(platform=platform, name=deployment_id)
        raise NotAllowedHere(deployment_id)


def find_platform(issuer: object, client_id: object) -> Platform:
    """The active platform of that name; raises ``LtiException``. The client may be left out of a
    login where the issuer has one only."""
    found = Platform.objects.filter(issuer=str(issuer or ""), is_active=True)
    if client_id:
        found = found.filter(client_id=str(client_id))
    few: list[Platform] = list(found[:2])
    if len(few) != 1:
        raise LtiException("no such platform is registered")
    return few[0]


def registration(platform: Platform) -> Registration:
    """A platform as the library wants it."""
    key = keys.current()
    found = Registration()
    found.set_issuer(platform.issuer).set_client_id(platform.client_id)
    found.set_auth_login_url(platform.login_url).set_auth_token_url(platform.token_url)
    found.set_key_set_url(platform.keys_url)
    found.set_tool_private_key(key.private).set_tool_public_key(key.public)
    if platform.audience:
        found.set_auth_audience(platform.audience)
    return found


def login_words(request: HttpRequest) -> dict[str, str]:
    """What a platform says when it begins a launch."""
    said = {name: request.GET.get(name) or request.POST.get(name) for name in _LOGIN_WORDS}
    return {name: value[:_LONGEST] for name, value in said.items() if value}


class Login(DjangoOIDCLogin):
    """The first half: remember that a launch was begun, and send the browser to its platform."""

    nonce = ""

    def __init__(self, request: HttpRequest) -> None:
        self.cookies = Cookies(request)
        self.words = login_words(request)
        super().__init__(request, Tool(), session_service=_Logins(), cookie_service=self.cookies)

    def begin(self, launch_url: str) -> tuple[str, Platform]:
        """Where the browser goes on; raises ``LtiException``."""
        platform = find_platform(self.words.get("iss"), self.words.get("client_id"))
        self.pass_params_to_launch({"login": self.words, "platform": platform.pk})
        return str(self._prepare_redirect_url(launch_url)), platform


class _Logins:
    """The library's session service, on the cache: a nonce belongs to one state."""

    def __init__(self) -> None:
        self.nonce = ""

    def save_nonce(self, nonce: str) -> None:
        self.nonce = nonce

    def save_state_params(self, state: str, params: dict[str, Any]) -> None:
        cache.set(_key(state), {**params, "nonce": self.nonce}, _LOGIN_LASTS)


def _key(state: str) -> str:
    return f"lti-login-{state}"


class Launch(DjangoMessageLaunch):
    """The second half: a signed message, checked."""

    platform: Platform

    def __init__(self, request: HttpRequest) -> None:
        self.cookies = Cookies(request)
        self.state = request.POST.get("state", "")[:100]
        self._begun: dict[str, Any] = {}
        super().__init__(request, Tool(), session_service=_Logins(), cookie_service=self.cookies)

    @property
    def login(self) -> dict[str, str]:
        """What began it."""
        return dict(self._begun.get("login") or {})

    def checked(self) -> dict[str, Any]:
        """The message; raises ``LtiException``."""
        try:
            self.validate()
        except (KeyError, TypeError, ValueError, AttributeError, JWException) as error:
            raise LtiException("the message is malformed") from error
        message = dict(self._jwt["body"])
        if not 0 < len(message["sub"]) <= _LONGEST_NAME or not message["sub"].isprintable():
            raise LtiException("the person's ID is malformed")
        return message

    def validate_state(self) -> Launch:
        begun = cache.get(_key(self.state)) if self.state.isprintable() and self.state else None
        cookie = self.cookies.get_cookie(self.state) or ""
        if not begun:
            raise LtiException("this launch was not begun here, took too long, or was used already")
        if not hmac.compare_digest(cookie.encode(), self.state.encode()):
            raise NoCookie(begun.get("login"))
        self._begun = begun
        return self

    def validate_nonce(self) -> Launch:
        nonce = str(self._jwt["body"].get("nonce") or "")
        # Whoever deletes it has it: of two that come at once, one.
        if not cache.delete(_key(self.state)):
            raise LtiException("this launch was used already")
        if not nonce or not hmac.compare_digest(nonce.encode(), str(self._begun["nonce"]).encode()):
            raise LtiException("the nonce is not that of this launch")
        return self

    def get_client_id(self) -> str:
        return self.platform.client_id

    def validate_registration(self) -> Launch:
        platform = Platform.objects.filter(pk=self._begun["platform"], is_active=True).first()
        body: dict[str, Any] = dict(self._jwt["body"])
        if platform is None or body.get("iss") != platform.issuer:
            raise LtiException("the issuer is not the one of this launch")
        audience = body.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        azp = body.get("azp")
        if platform.client_id not in named or (len(named) > 1 and not azp):
            raise LtiException("the message is for somebody else")
        if azp is not None and azp != platform.client_id:
            raise LtiException("the message is for somebody else")
        self.platform = platform
        self._registration = registration(platform)
        self._requests_session = PlatformSession(platform.hosts)
        return self

    def validate_jwt_signature(self) -> Launch:
        header: dict[str, Any] = dict(self._jwt["header"])
        if header.get("alg") not in _ALGORITHMS:
            raise LtiException("the message is not signed by an algorithm that we take")
        public, algorithm = self.get_public_key()
        try:
            self._jwt["body"] = jwt.decode(
                self._get_id_token(),
                public,
                algorithms=[algorithm],
                audience=self.platform.client_id,
                issuer=self.platform.issuer,
                leeway=_LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise LtiException(f"the signed message does not hold: {error}") from error
        return self

    def get_public_key(self) -> tuple[str, str]:
        try:
            return self._find_key()
        except LtiException:
            # A platform that has changed its keys; not asked at the pace of whoever sends tokens.
            if not cache.add(f"lti-asked-{self.platform.pk}", 1, _ASK_AGAIN):
                raise
            cache.delete(f"lti-keys-{self.platform.pk}")
            self._registration.set_key_set(None)
            return self._find_key()

    def _find_key(self) -> tuple[str, str]:
        public, algorithm = super().get_public_key()
        return (public.decode() if isinstance(public, bytes) else public), algorithm

    def fetch_public_key(self, key_set_url: str) -> Any:
        name = f"lti-keys-{self.platform.pk}"
        found = cache.get(name)
        if found is None:
            try:
                found = self._requests_session.get(key_set_url).json()
                is_set = all(isinstance(each, dict) for each in found["keys"])
            except (requests.RequestException, KeyError, TypeError) as error:
                raise LtiException("the platform's keys could not be had") from error
            if not is_set:
                raise LtiException("the platform's keys could not be read")
            cache.set(name, found, _KEYS_LAST)
        return found

    def save_launch_data(self) -> Launch:
        return self  # nothing of it is needed later


def custom(message: dict[str, Any], name: str) -> str:
    """A custom parameter of a message, ``""`` if it has none."""
    found = message.get(claims.CUSTOM)
    value = found.get(name) if isinstance(found, dict) else None
    return value if isinstance(value, str) else ""
