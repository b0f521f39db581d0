"""Deep linking: whoever builds a course picks lessons here, and the platform makes links of them.

The picker lives in a frame of the platform, where browsers keep our session's cookie back. It needs
none: the platform's request, checked, goes through the form as a signed text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from pylti1p3.deep_link import DeepLink
from pylti1p3.deep_link_resource import DeepLinkResource
from pylti1p3.exception import LtiException
from pylti1p3.lineitem import LineItem

from lessons.library import Lesson
from playground.lti import claims
from playground.lti.addresses import absolute
from playground.lti.messages import registration
from playground.lti.models import Platform
from playground.lti.outbound import check_url, is_loopback, origin

_SALT = "lti.deep-link"
#: Seconds to pick in.
_LASTS = 2 * 3600
_LONGEST_DATA = 8000


@dataclass(frozen=True)
class Wish:
    """What a platform asked for."""

    platform: int
    deployment: str
    return_url: str
    #: The platform's own; it gets it back.
    data: str | None
    #: Whether it takes several lessons at once.
    many: bool
    #: Whether it takes columns for grades.
    columns: bool

    @property
    def origin(self) -> str:
        """Whose frame it is."""
        return origin(self.return_url)

    def sealed(self) -> str:
        """As a text that nobody else can make."""
        return signing.dumps(asdict(self), salt=_SALT, compress=True)


def read(platform: Platform, message: dict[str, Any]) -> Wish:
    """The wish of a checked message; raises ``LtiException``."""
    asked = message[claims.DEEP_LINK]
    return_url = asked.get("deep_link_return_url")
    data = asked.get("data")
    if not isinstance(return_url, str) or not (data is None or isinstance(data, str)):
        raise LtiException("the platform did not say where to return to")
    if len(return_url) > 2000 or len(data or "") > _LONGEST_DATA:
        raise LtiException("the platform's request is too long")
    try:
        check_url(return_url)
    except ValidationError as error:
        raise LtiException(f"the address to return to: {error.messages[0]}") from None
    if is_loopback(return_url) and not is_loopback(platform.login_url):
        raise LtiException("the address to return to is not the platform's")
    return Wish(
        platform=platform.pk,
        deployment=str(message[claims.DEPLOYMENT]),
        return_url=return_url,
        data=data,
        many=str(asked.get("accept_multiple")).lower() == "true",
        columns=str(asked.get("accept_lineitem", True)).lower() == "true",
    )


def unseal(text: str) -> Wish:
    """A sealed wish; raises ``LtiException``."""
    try:
        return Wish(**signing.loads(text, salt=_SALT, max_age=_LASTS))
    except (signing.BadSignature, TypeError):
        raise LtiException("this page was open for too long: pick again") from None


def answer(request: HttpRequest, wish: Wish, lessons: Sequence[Lesson], language: str) -> str:
    """The signed answer for the platform; raises ``LtiException`` if it is gone."""
    platform = Platform.objects.filter(pk=wish.platform, is_active=True).first()
    if platform is None:
        raise LtiException("no such platform is registered")
    link = DeepLink(
        registration(platform),
        wish.deployment,
        {"deep_link_return_url": wish.return_url, "data": wish.data},
    )
    items = [_Link.to(request, each, language, column=wish.columns) for each in lessons]
    body = link.get_message_jwt(items)
    return str(link.encode_jwt({k: v for k, v in body.items() if v is not None}))


class _Link(DeepLinkResource):
    """A link to a lesson; platforms open it in a window of its own."""

    @classmethod
    def to(cls, request: HttpRequest, lesson: Lesson, language: str, *, column: bool) -> _Link:
        made = cls()
        made.set_url(absolute(request, "lesson", lesson.slug))
        made.set_title(lesson.titles[language]).set_custom_params({"lesson": lesson.slug})
        if column:
            title = lesson.titles[language]
            made.set_lineitem(
                LineItem().set_score_maximum(100).set_label(title).set_resource_id(lesson.slug)
            )
        return made

    def to_dict(self) -> dict[str, object]:
        return {**super().to_dict(), "window": {"targetName": "_blank"}}
