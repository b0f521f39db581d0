"""Grades on their way to platforms.

What is to be sent stands in the database, so that neither a lost task nor a platform that is down
for a night loses a grade. The percentage is looked up when it is sent; a row says only that there
is something to send. One task at a time speaks to a platform, so a slow one holds up itself.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Any

import requests
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone
from pylti1p3.assignments_grades import AssignmentsGradesService
from pylti1p3.exception import LtiException, LtiServiceException
from pylti1p3.grade import Grade as Score
from pylti1p3.lineitem import LineItem
from pylti1p3.service_connector import ServiceConnector

from lessons import library, progress
from playground.lti import claims
from playground.lti.messages import registration
from playground.lti.models import Grade, Identity, Platform
from playground.lti.outbound import PlatformSession, check_url, is_loopback

log = logging.getLogger(__name__)

#: The first wait after a failure in seconds, doubled each time up to the longest.
_FIRST_WAIT, _LONGEST_WAIT = 30, 6 * 3600
#: After so many failures (five days) only a person has it tried again.
MOST_TRIES = 28
#: Seconds that one task speaks to one platform, and that its lock lasts if it dies.
_SHIFT, _LOCK = 60, 150


def remember(identity: Identity, lesson: str, message: dict[str, Any]) -> Grade | None:
    """Note where the grade of a launched lesson goes; ``None`` if the platform wants none."""
    services = message.get(claims.GRADES)
    link = message.get(claims.RESOURCE_LINK)
    if not isinstance(services, dict) or not isinstance(link, dict):
        return None
    scopes = [each for each in services.get("scope") or [] if isinstance(each, str)][:20]
    column, columns = (str(services.get(name) or "") for name in ("lineitem", "lineitems"))
    may_make = columns and claims.SCOPE_COLUMN in scopes
    if claims.SCOPE_SCORE not in scopes or not (column or may_make):
        return None
    name = str(link.get("id") or "")
    if not 0 < len(name) <= 255 or not name.isprintable() or not _are_addresses(column, columns):
        return None
    fresh: dict[str, Any] = {"lesson": lesson, "columns": columns, "scopes": scopes}
    if column:
        fresh["column"] = column
    row: Grade
    row, made = Grade.objects.get_or_create(identity=identity, link=name, defaults=fresh)
    if not made:
        if row.lesson != lesson or (column and row.column != column):
            fresh["sent"] = None  # another lesson or column: what was sent before says nothing
        for field, value in fresh.items():
            setattr(row, field, value)
        row.save(update_fields=list(fresh))
    # There may be progress from before, in another course.
    if (_percent(row) or None) != row.sent:
        mark(Grade.objects.filter(pk=row.pk))
    return row


def _are_addresses(*urls: str) -> bool:
    try:
        for url in filter(None, urls):
            check_url(url)
    except ValidationError:
        return False
    return max(map(len, urls)) <= 1000


def is_due(row: Grade) -> bool:
    """Whether something is to be sent."""
    return bool(Grade.objects.filter(pk=row.pk).exclude(due=None).exists())


def mark(rows: Any) -> bool:
    """Have grades sent anew; tells whether there were any."""
    return bool(rows.update(due=timezone.now(), tries=0, error=""))


def send_due(platform: Platform) -> int:
    """Send what is due to one platform; how many were sent, none if another task is at it."""
    lock = f"lti-sending-{platform.pk}"
    if not cache.add(lock, 1, _LOCK):
        return 0
    try:
        return _send_due(platform, time.monotonic() + _SHIFT)
    finally:
        cache.delete(lock)


def platforms_due() -> list[int]:
    """The keys of the platforms for which something is due."""
    rows = Grade.objects.filter(due__lte=timezone.now(), identity__platform__is_active=True)
    return list(rows.values_list("identity__platform", flat=True).distinct())


def _send_due(platform: Platform, until: float) -> int:
    sent = 0
    connector = ServiceConnector(registration(platform), PlatformSession(platform.hosts))
    while time.monotonic() < until:
        row = (
            Grade.objects.filter(identity__platform=platform, due__lte=timezone.now())
            .select_related("identity__user", "identity__platform")
            .order_by("due")
            .first()
        )
        if row is None:
            break
        try:
            sent += _send(row, connector)
        except (LtiException, requests.RequestException, ValueError, KeyError) as error:
            _failed(row, error)
            if isinstance(error, requests.RequestException):
                # Nobody is there: the others would wait in vain as long as this one did.
                wait = timezone.now() + timedelta(seconds=_FIRST_WAIT)
                Grade.objects.filter(identity__platform=platform, due__lte=timezone.now()).update(
                    due=wait
                )
                break
    return sent


def _send(row: Grade, connector: ServiceConnector) -> bool:
    noted = row.due
    percent = _percent(row)
    if percent is None or percent == row.sent:
        Grade.objects.filter(pk=row.pk, due=noted).update(due=None, tries=0, error="")
        return False
    for url in (row.column, row.columns):
        if is_loopback(url) and not is_loopback(row.identity.platform.token_url):
            raise LtiException("the platform named an address of our own machine")
    at = timezone.now()
    service = AssignmentsGradesService(
        connector,
        {"scope": row.scopes, "lineitem": row.column, "lineitems": row.columns},
    )
    if not row.column:
        row.column = _make_column(service, row)
        Grade.objects.filter(pk=row.pk).update(column=row.column)
        service = AssignmentsGradesService(connector, {"scope": row.scopes, "lineitem": row.column})
    score = (
        Score()
        .set_score_given(percent)
        .set_score_maximum(100)
        .set_timestamp(at.isoformat(timespec="milliseconds"))
        .set_activity_progress("Completed" if percent == 100 else "InProgress")
        .set_grading_progress("FullyGraded")
        .set_user_id(row.identity.subject)
    )
    try:
        service.put_grade(score)
    except LtiServiceException as error:
        if error.response.status_code != 409:  # a newer one is there
            raise
    Grade.objects.filter(pk=row.pk).update(sent=percent, sent_at=at, tries=0, error="")
    # Unless more was done meanwhile.
    Grade.objects.filter(pk=row.pk, due=noted).update(due=None)
    return True


def _percent(row: Grade) -> int | None:
    """What to send. What was reached stays, also when the lesson gets another step."""
    state = progress.states(row.identity.user.student).get(row.lesson)
    return max(state.percent, row.sent or 0) if state else None


def _make_column(service: AssignmentsGradesService, row: Grade) -> str:
    lesson = library.lesson(row.lesson)
    wanted = (
        LineItem()
        .set_label(lesson.titles["en"] if lesson else row.lesson)
        .set_score_maximum(100)
        .set_resource_link_id(row.link)
        .set_tag(row.lesson)
    )
    made = service.find_or_create_lineitem(wanted, find_by="resource_link_id").get_id()
    if not made or len(made) > 1000:
        raise LtiException("the platform made no column for the grade")
    return str(made)


def _failed(row: Grade, error: Exception) -> None:
    wait = min(_FIRST_WAIT * 2**row.tries, _LONGEST_WAIT)
    due = timezone.now() + timedelta(seconds=wait) if row.tries + 1 < MOST_TRIES else None
    said = f"{type(error).__name__}: {error}"
    if isinstance(error, LtiServiceException):
        said = f"{error.response.url} answered {error.response.status_code}"
    log.warning("the grade %s could not be sent: %s", row.pk, said)
    Grade.objects.filter(pk=row.pk).update(due=due, tries=F("tries") + 1, error=said[:300])
