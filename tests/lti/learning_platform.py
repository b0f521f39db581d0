"""A learning platform for the tests: a real server with keys of its own, as the standards have it.

It signs launches, has a course page and an authentication endpoint for browsers, gives access
tokens to whoever signs with the tool's published key, and refuses older scores.
"""

from __future__ import annotations

import html
import json
import secrets
import threading
import time
import urllib.request
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
CLIENT = "playground-client"
DEPLOYMENT = "7"
INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class LearningPlatform:
    """``tool`` is where the tool is, ``tool_keys`` how its key set is had."""

    def __init__(self) -> None:
        self.key, self.kid = new_key(), "key-1"
        self.tool = ""
        self.tool_keys: Callable[[], dict[str, Any]] = self._ask_for_keys
        self.scores: list[dict[str, Any]] = []
        self.columns: list[dict[str, Any]] = []
        self.picked: list[dict[str, Any]] = []
        self.refusals: list[int] = []
        self.registered: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.tokens: set[str] = set()
        self.people: dict[str, dict[str, Any]] = {}
        platform = self

        class Handler(_Handler):
            owner = platform

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        self.issuer = f"http://localhost:{self.server.server_port}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def _ask_for_keys(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.tool}/lti/keys.json", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    @property
    def registration(self) -> dict[str, str]:
        """What an administrator types into the tool's form."""
        return {
            "name": "University",
            "issuer": self.issuer,
            "client_id": CLIENT,
            "login_url": f"{self.issuer}/auth",
            "token_url": f"{self.issuer}/token",
            "keys_url": f"{self.issuer}/keys",
            "deployments": DEPLOYMENT,
            "is_active": "on",
        }

    @property
    def description(self) -> dict[str, Any]:
        """What it says of itself to a tool that it registers."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "registration_endpoint": f"{self.issuer}/register",
            "https://purl.imsglobal.org/spec/lti-platform-configuration": {
                "product_family_code": "moodle"
            },
        }

    def key_set(self) -> dict[str, Any]:
        jwk = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**jwk, "kid": self.kid, "alg": "RS256", "use": "sig"}]}

    def message(self, nonce: str, subject: str = "student-1", /, **changed: Any) -> dict[str, Any]:
        """The claims of a launch of a lesson; ``None`` removes one."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": subject,
            "nonce": nonce,
            "iat": now,
            "exp": now + 300,
            "given_name": "Mina",
            "family_name": "Kim",
            "email": "mina@example.org",
            LTI + "message_type": "LtiResourceLinkRequest",
            LTI + "version": "1.3.0",
            LTI + "deployment_id": DEPLOYMENT,
            LTI + "target_link_uri": f"{self.tool}/lessons/",
            LTI + "resource_link": {"id": "link-1", "title": "First"},
            LTI + "roles": [LEARNER],
            LTI + "custom": {"lesson": "first-container"},
            AGS + "claim/endpoint": {
                "scope": [AGS + "scope/score"],
                "lineitem": f"{self.issuer}/columns/1",
            },
            **changed,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def deep_link(self, nonce: str, **settings: Any) -> dict[str, Any]:
        return self.message(
            nonce,
            "teacher-1",
            **{
                LTI + "message_type": "LtiDeepLinkingRequest",
                LTI + "resource_link": None,
                LTI + "roles": [INSTRUCTOR],
                AGS + "claim/endpoint": None,
                DL + "deep_linking_settings": {
                    "deep_link_return_url": f"{self.issuer}/return",
                    "accept_types": ["ltiResourceLink"],
                    "accept_presentation_document_targets": ["iframe", "window"],
                    "data": "kept by the tool",
                    **settings,
                },
            },
        )

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        return jwt.encode(claims, self.key, "RS256", headers={"kid": self.kid, **header})

    def login_words(self, target: str, hint: str) -> dict[str, str]:
        return {
            "iss": self.issuer,
            "client_id": CLIENT,
            "login_hint": hint,
            "lti_message_hint": hint,
            "target_link_uri": f"{self.tool}{target}",
        }

    def read_answer(self, token: str) -> dict[str, Any]:
        """What the tool signed, checked with its published key."""
        found: dict[str, Any] = jwt.decode(
            token, self.tool_key(token), ["RS256"], audience=self.issuer, issuer=CLIENT
        )
        return found

    def tool_key(self, token: str) -> Any:
        kid = jwt.get_unverified_header(token)["kid"]
        return next(jwt.PyJWK(k) for k in self.tool_keys()["keys"] if k["kid"] == kid).key


class _Handler(BaseHTTPRequestHandler):
    owner: LearningPlatform

    def log_message(self, format: str, *args: object) -> None:
        pass

    def say(self, body: Any, status: int = 200, kind: str = "application/json") -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def page(self, body: str) -> None:
        self.say(f"<!doctype html><title>Course</title>{body}", kind="text/html")

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        it = self.owner
        it.requests.append(url.path)
        if url.path == "/keys":
            self.say(it.key_set())
        elif url.path == "/columns":
            self.say(it.columns if self.allowed() else {}, 200 if self.allowed() else 401)
        elif url.path == "/openid":
            self.say(it.description)
        elif url.path == "/huge":
            self.say("x" * (2 << 20))
        elif url.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/keys")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif url.path == "/auth":
            self.authenticate(asked)
        elif url.path == "/course":
            start = f"{it.tool}/lti/login/?{urlencode(it.login_words('/lessons/', 'student-1'))}"
            self.page(f'<a href="{html.escape(start)}" target="_blank">Open the lesson</a>')
        elif url.path in ("/frame", "/picking"):
            words = it.login_words(
                *(("/lessons/", "student-1") if url.path == "/frame" else ("/lti/pick/", "pick"))
            )
            start = f"{it.tool}/lti/login/?{urlencode(words)}"
            self.page(f'<iframe src="{html.escape(start)}" width="800" height="700"></iframe>')
        else:
            self.say({}, 404)

    def authenticate(self, asked: dict[str, str]) -> None:
        """As OpenID's implicit flow with form_post has it."""
        it = self.owner
        wanted = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": CLIENT,
            "redirect_uri": f"{it.tool}/lti/launch/",
        }
        if any(asked.get(name) != value for name, value in wanted.items()):
            self.say({"error": "invalid_request", "asked": asked}, 400)
            return
        hint = asked["login_hint"]
        claims = it.deep_link if hint == "pick" else it.message
        token = it.sign(claims(asked["nonce"]))
        self.page(
            f'<form method="post" action="{it.tool}/lti/launch/">'
            f'<input type="hidden" name="id_token" value="{token}">'
            f'<input type="hidden" name="state" value="{html.escape(asked["state"])}"></form>'
            "<script>document.forms[0].submit()</script>"
        )

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        it = self.owner
        it.requests.append(self.path)
        if self.path == "/token":
            self.give_token({name: values[0] for name, values in parse_qs(body).items()})
        elif self.path == "/register":
            if self.headers.get("Authorization") != "Bearer once":
                self.say({}, 401)
                return
            it.registered.append(json.loads(body))
            tool = {
                "https://purl.imsglobal.org/spec/lti-tool-configuration": {"deployment_id": "7"}
            }
            self.say({**it.registered[-1], **tool, "client_id": CLIENT})
        elif self.path == "/return":
            it.picked.append(it.read_answer(parse_qs(body)["JWT"][0]))
            self.page("<p>The lesson is in the course.</p>")
        elif it.refusals:
            self.say({}, it.refusals.pop(0))
        elif not self.allowed():
            self.say({}, 401)
        elif self.path == "/columns":
            it.columns.append({**json.loads(body), "id": f"{it.issuer}/columns/made"})
            self.say(it.columns[-1], 201)
        elif urlsplit(self.path).path in (
            "/columns/1/scores",
            "/columns/2/scores",
            "/columns/made/scores",
        ):
            self.keep_score(json.loads(body))
        else:
            self.say({}, 404)

    def keep_score(self, score: dict[str, Any]) -> None:
        at = datetime.fromisoformat(score["timestamp"])
        mine = [s for s in self.owner.scores if s["userId"] == score["userId"]]
        if mine and at <= datetime.fromisoformat(mine[-1]["timestamp"]):
            self.say({}, 409)
            return
        self.owner.scores.append({**score, "path": self.path})
        self.say({})

    def allowed(self) -> bool:
        return self.headers.get("Authorization", "").removeprefix("Bearer ") in self.owner.tokens

    def give_token(self, asked: dict[str, str]) -> None:
        it = self.owner
        assertion = asked["client_assertion"]
        try:
            jwt.decode(
                assertion,
                it.tool_key(assertion),
                ["RS256"],
                audience=f"{it.issuer}/token",
                issuer=CLIENT,
                options={"require": ["exp", "iat", "jti", "sub"]},
            )
        except (jwt.PyJWTError, StopIteration):
            self.say({"error": "invalid_client"}, 400)
            return
        token = secrets.token_hex(16)
        it.tokens.add(token)
        self.say({"access_token": token, "token_type": "Bearer", "expires_in": 3600})
