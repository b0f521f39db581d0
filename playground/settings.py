"""Django's settings. What differs between installations comes from ``PLAYGROUND_*`` variables."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Any

import dj_database_url
import dj_email_url
from csp.constants import NONCE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from kombu import Exchange, Queue

from playground.accounts.providers import form_targets, providers
from playground.environment import Environment
from playground.redis_server import servers
from playground.telemetry import logs

_ENV = Environment(os.environ)
_flag, _number = _ENV.flag, _ENV.number
BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("PLAYGROUND_VAR", BASE_DIR / "var"))


def _secret() -> str:
    """The key that signs sessions and the hub's tickets: a file, which `serve` makes."""
    if given := _ENV.get("PLAYGROUND_SECRET"):
        return given
    path = Path(_ENV.get("PLAYGROUND_SECRET_FILE", VAR / "secret"))
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        # Commands that sign nothing (migrate, lint, doctor) run before there is one.
        return secrets.token_hex(32)


SECRET_KEY = _secret()
DEBUG = _flag("PLAYGROUND_DEBUG")
ALLOWED_HOSTS = _ENV.words("PLAYGROUND_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = _ENV.words("PLAYGROUND_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",  # allauth's page of sessions says times by it
    "channels",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "playground.accounts",
    "playground.sandboxes",
    "playground.archives",
    "lessons",
    "lessons.authoring",
    "playground.classes",
    "playground.operators",
    "playground.lti",
    "playground.backup",
    "ninja",
    "playground.api",
    "django.contrib.admin",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "playground.accounts.sessions.CheckedSessionMiddleware",
    "playground.observing.middleware.NameViewMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "playground.api.problems.ProblemsMiddleware",
]

ROOT_URLCONF = "playground.urls"
ASGI_APPLICATION = "playground.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "playground.sandboxes.context.node_status",
                "playground.operators.context.announcements",
                "playground.classes.context.classes",
            ],
        },
    }
]

_SQLITE = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR / "db" / "db.sqlite3",
        "OPTIONS": {
            # Writers queue up at BEGIN instead of failing half way, and readers never wait.
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}
#: ``postgres://user:password@host/name``; without it a file of SQLite's.
DATABASE_URL = _ENV.get("PLAYGROUND_DATABASE_URL", "")
DATABASES: dict[str, Any] = _SQLITE
if DATABASE_URL:
    DATABASES = {"default": dj_database_url.parse(DATABASE_URL)}
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # Connections of a pool are lent out: one process needs no more than it has threads at work.
    DATABASES["default"]["OPTIONS"] = {
        **DATABASES["default"].get("OPTIONS", {}),
        # A database that was cut off must be noticed, and a lock that its client cannot give back
        # must not hold up the others for long.
        "connect_timeout": 5,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10000,
        "options": "-c idle_in_transaction_session_timeout=10s -c tcp_user_timeout=10000",
        "pool": {"min_size": 1, "max_size": _number("PLAYGROUND_DATABASE_POOL", 16), "timeout": 5},
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
if _flag("PLAYGROUND_HTTPS"):
    # Host-only by their names (RFC 6265bis): no page on a neighbouring host, such as a student's
    # port, can set them, whatever Domain it claims.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    # Browsers that have been here ask by TLS only, for so long. An hour is soon over should the
    # certificate fail; who is sure of it takes a year.
    SECURE_HSTS_SECONDS = _number("PLAYGROUND_HSTS_SECONDS", 3600)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = _flag("PLAYGROUND_HSTS_SUBDOMAINS")
    SECURE_HSTS_PRELOAD = _flag("PLAYGROUND_HSTS_PRELOAD")
    # Where the proxy does it itself, or says nothing of its own scheme, 0 leaves it off.
    SECURE_SSL_REDIRECT = _flag("PLAYGROUND_HTTPS_REDIRECT", default=True)
#: What `check --deploy` would say of hosts below the site's name (W005) and of browsers' built-in
#: lists (W021): both are about a whole domain, which is its owner's to promise, not a lack here.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
#: Everything comes from the site itself, and nothing is inline. What makes style elements from a
#: script (terminal, editor) gives them the page's nonce, see static/js/nonce.js.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": [SELF, *form_targets(_ENV)],
        "frame-ancestors": ["'none'"],
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
_VALIDATION = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"
#: Whether strangers may make themselves an account.
SIGNUP_OPEN = _flag("PLAYGROUND_SIGNUP", default=True)

#: Mail goes out by ``smtp://user:password@host:587/?tls=True``; without it nobody is written to,
#: and who has forgotten a password asks an administrator.
EMAIL_URL = _ENV.get("PLAYGROUND_EMAIL_URL", "")
_mail = dj_email_url.parse(EMAIL_URL or "dummy://")
EMAIL_BACKEND, EMAIL_FILE_PATH = _mail["EMAIL_BACKEND"], _mail["EMAIL_FILE_PATH"]
EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"], _mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail["EMAIL_USE_TLS"], _mail["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = _ENV.get("PLAYGROUND_EMAIL_FROM", "playground@localhost")

ACCOUNT_ADAPTER = "playground.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "optional" if EMAIL_URL else "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Docker Playground] "
ACCOUNT_USERNAME_BLACKLIST = ["admin", "administrator", "root", "command line"]
ACCOUNT_SESSION_REMEMBER = True
SOCIALACCOUNT_PROVIDERS = providers(_ENV)
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ko", _("Korean"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = DEBUG

REDIS_SOCKET = _ENV.get("PLAYGROUND_REDIS_SOCKET", str(VAR / "redis" / "redis.sock"))

REDIS, _broker, _cache = servers(_ENV, REDIS_SOCKET)
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [REDIS.channel_layer()]},
    }
}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "KEY_PREFIX": "cache",
        **_cache.cache(),
    }
}

#: This machine's node by name. Where there is only one it needs none.
NODE = _ENV.get("PLAYGROUND_NODE", "local")
if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", NODE):
    raise ImproperlyConfigured(
        f"PLAYGROUND_NODE={NODE!r}: a name has small letters, digits and hyphens, 40 at the most"
    )
#: ``address:port`` at which web processes of other machines find this node's hub; ports' streams
#: come to the next port. Without it the hub has its unix sockets only.
NODE_GATEWAY = _ENV.get("PLAYGROUND_NODE_GATEWAY", "")
NODE_PORTS = ""
if NODE_GATEWAY:
    _address, _port = NODE_GATEWAY.rpartition(":")[::2]
    if not _address or not _port.isdigit() or not 0 < int(_port) < 65535:
        raise ImproperlyConfigured(
            f"PLAYGROUND_NODE_GATEWAY={NODE_GATEWAY!r} is no address:port, as 10.0.0.2:9443"
        )
    NODE_PORTS = f"{_address}:{int(_port) + 1}"
#: ``./manage.py certificates`` fills it: what web processes and nodes know each other by.
CERTIFICATES_DIR = Path(_ENV.get("PLAYGROUND_CERTIFICATES", VAR / "certificates"))

CELERY_BROKER_URL, _options, CELERY_BROKER_USE_SSL = _broker.broker()
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 300, **_options}
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Tasks make, freeze or remove a sandbox; none takes near as long.
CELERY_TASK_TIME_LIMIT = 180
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_DEFAULT_QUEUE = "celery"
CELERY_TASK_QUEUES = [
    Queue(name, Exchange(name), routing_key=name) for name in ("celery", "make", f"node.{NODE}")
]
CELERY_TASK_ROUTES = ["playground.sandboxes.nodes.route"]
CELERY_BEAT_SCHEDULE = {
    "reap": {"task": "playground.sandboxes.tasks.reap", "schedule": 30.0},
    # Room can come from outside, as memory that another program gives back.
    "admit": {
        "task": "playground.sandboxes.tasks.admit",
        "schedule": 3.0,
        "options": {"expires": 3.0},
    },
    "watch_nodes": {
        "task": "playground.sandboxes.tasks.watch_nodes",
        "schedule": 2.0,
        "options": {"expires": 2.0},
    },
    "reap_archives": {"task": "playground.archives.tasks.reap_archives", "schedule": 300.0},
    "tidy_files": {"task": "lessons.authoring.tasks.tidy_files", "schedule": 6 * 3600.0},
    "send_due_grades": {"task": "playground.lti.tasks.send_due_grades", "schedule": 60.0},
}

#: The hub of this node, a unix socket.
HUB_SOCKET = _ENV.get("PLAYGROUND_HUB_SOCKET", str(VAR / "run" / "hub.sock"))
#: Where the hub takes streams to sandboxes' ports, a unix socket.
PORTS_SOCKET = _ENV.get("PLAYGROUND_PORTS_SOCKET", str(VAR / "run" / "ports.sock"))
#: Below it a published port has a host name of its own. It needs a wildcard in the name server, and
#: ``localhost`` has one in every browser.
PORT_DOMAIN = _ENV.get("PLAYGROUND_PORT_DOMAIN", "localhost").lower().strip(".")
#: What `serve` found out about the machine; the page tells students when nothing can run.
NODE_STATUS_FILE = VAR / "run" / "node.json"
#: A sandbox that nobody has looked at for so long is frozen until somebody does.
SANDBOX_FREEZE_MINUTES = _number("PLAYGROUND_SANDBOX_FREEZE_MINUTES", 5)
#: A sandbox that nobody has looked at for so long is removed.
SANDBOX_IDLE_MINUTES = _number("PLAYGROUND_SANDBOX_IDLE_MINUTES", 60)
#: However busy it is, a sandbox is removed so long after it was claimed.
SANDBOX_LIFE_MINUTES = _number("PLAYGROUND_SANDBOX_LIFE_MINUTES", 12 * 60)

#: The most that a class may give each of its members' sandboxes; what is not set here is what any
#: sandbox may use, so that a class can only ask for less.
CLASS_MEMORY_MB = _number("PLAYGROUND_CLASS_MEMORY_MB", 0)
CLASS_CPUS = _number("PLAYGROUND_CLASS_CPUS", 0)
CLASS_DISK_MB = _number("PLAYGROUND_CLASS_DISK_MB", 0)
CLASS_LIFE_MINUTES = _number("PLAYGROUND_CLASS_LIFE_MINUTES", 0)

#: Sandboxes on this machine at the most, those of the pool counted; 0: as many as memory allows.
SANDBOXES_MAX = _number("PLAYGROUND_SANDBOXES_MAX", 0)
#: A student's sandbox is made while more memory than this is available, in MB. Lower than the
#: pool's: the last places are for people.
FREE_MEMORY_MB = _number("PLAYGROUND_FREE_MEMORY_MB", 512)
#: Living sandboxes from one network address (IPv6: one /64); 0: no limit. Classes sit behind one.
SANDBOXES_PER_ADDRESS = _number("PLAYGROUND_SANDBOXES_PER_ADDRESS", 60)

#: Frames a second that a page may send. One that parses 20 MB/s acknowledges each piece of 16 kB,
#: 1,250 times a second; a paste of 1 MB is 32 frames.
FRAMES_A_SECOND = _number("PLAYGROUND_FRAMES_A_SECOND", 2000)

#: Requests of the API a minute by one token or student, and commands among them; 0: no limit.
API_REQUESTS_A_MINUTE = _number("PLAYGROUND_API_REQUESTS_A_MINUTE", 120)
API_COMMANDS_A_MINUTE = _number("PLAYGROUND_API_COMMANDS_A_MINUTE", 30)

#: Sandboxes that wait ready for a student: at least, at most, and what memory they must leave.
POOL_MIN = _number("PLAYGROUND_POOL_MIN", 2)
POOL_MAX = _number("PLAYGROUND_POOL_MAX", 10)
POOL_FREE_MEMORY_MB = _number("PLAYGROUND_POOL_FREE_MEMORY_MB", 1024)

#: Where students' archives of images are, and how many MB one may have.
ARCHIVES_DIR = VAR / "archives"
ARCHIVE_MB = _number("PLAYGROUND_ARCHIVE_MB", 2048)
#: Archives of one student at a time, hours that each is kept, MB of the disk that they leave free.
ARCHIVES_EACH = _number("PLAYGROUND_ARCHIVES_EACH", 3)
ARCHIVE_HOURS = _number("PLAYGROUND_ARCHIVE_HOURS", 6)
ARCHIVES_FREE_MB = _number("PLAYGROUND_ARCHIVES_FREE_MB", 2048)

#: Whether a lesson that is written here has to be approved by an instructor who did not write it.
AUTHORING_NEEDS_REVIEW = _flag("PLAYGROUND_AUTHORING_NEEDS_REVIEW")
#: The only hosts that lessons are fetched from by git, also those of a private network; without
#: any all hosts that are in nobody's private network.
AUTHORING_GIT_HOSTS = [host.lower() for host in _ENV.words("PLAYGROUND_GIT_HOSTS")]

#: Programs elsewhere may read ``/metrics`` with it (``Authorization: Bearer …``).
METRICS_TOKEN = _ENV.get("PLAYGROUND_METRICS_TOKEN", "")

try:
    LOG_FORMAT = logs.wanted()
except ValueError as error:
    raise ImproperlyConfigured(str(error)) from None
# A line for each request is for programs; people at `make run` look for what went wrong.
_requests = "INFO" if LOG_FORMAT == "json" else "WARNING"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": logs.formatter, "name": LOG_FORMAT}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": _ENV.get("PLAYGROUND_LOG_LEVEL", "INFO")},
    "loggers": {
        "celery": {"level": "WARNING"},
        "playground.observing": {"level": _requests},
        "playground.tasks": {"level": _requests},
        # It has handlers of its own otherwise.
        "uvicorn": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "uvicorn.error": {"level": "WARNING"},
    },
}
