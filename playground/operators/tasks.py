"""What the worker does for the catalogue."""

from __future__ import annotations

import logging
import subprocess
import time
from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.core.cache import cache

from playground.accounts import audit
from playground.operators.catalogue import builds
from playground.operators.catalogue.recipes import Draft
from playground.operators.models import CatalogueBuild, CatalogueImage
from playground.runtime.catalogue import builder, rollout, store
from playground.runtime.config import RuntimeConfig
from playground.runtime.errors import SandboxError
from playground.sandboxes import limits, tasks
from playground.sandboxes.nodes import local_node

log = logging.getLogger(__name__)

#: Where what went wrong with a catalogue, besides a build, stands for a while, in seconds.
SAID, _SAID_FOR = "operators.catalogue.said", 600


@worker_ready.connect
def _clear_at_start(**_: Any) -> None:
    clear_dead_builds.delay()


@shared_task
def clear_dead_builds() -> None:
    """Remove what a worker has left that was killed while it built."""
    builder.clear_dead_unless_busy(local_node().config)


# Acknowledged before it starts: Redis would hand out again what takes longer than its timeout.
@shared_task(acks_late=False, time_limit=builds.MOST_SECONDS + 300)
def build_catalogue(pk: int) -> None:
    """Build the checkout's images and the operators', and let new sandboxes have them."""
    build = CatalogueBuild.objects.filter(pk=pk, state=CatalogueBuild.State.RUNNING).first()
    if build is None:
        return
    try:
        key = _build(build, local_node().config)
    except builds.Stopped:
        builds.end(build, CatalogueBuild.State.STOPPED)
    except (SandboxError, OSError, subprocess.SubprocessError) as error:
        log.warning("the catalogue could not be built: %s", error)
        builds.end(build, CatalogueBuild.State.FAILED, error=str(error)[-4000:])
    except BaseException:
        builds.end(build, CatalogueBuild.State.FAILED, error="It broke off: see the worker's log.")
        raise
    else:
        builds.end(build, CatalogueBuild.State.DONE, key=key)
        audit.note(build.by, "catalogue.rolled_out", f"catalogue {key}")
        tasks.renew_pool.delay()


def _build(build: CatalogueBuild, config: RuntimeConfig) -> str:
    drafts = [Draft.of(image) for image in CatalogueImage.objects.all()]
    stamp = _stamp(config, build.refresh)
    with rollout.staging(config) as images:
        for draft in drafts:
            draft.write(images)
        key = store.key_of(images, stamp)
        with builds.following(build, lambda: builder.cancel(config, key)) as follower:
            try:
                if not drafts and stamp == config.node_key:
                    found = builder.build(config, follower.say).key
                else:
                    hashes = {each.name: each.digest() for each in drafts}
                    disk_mb = limits.for_sandbox().disk_mb
                    made = rollout.build(config, images, hashes, stamp, follower.say, disk_mb)
                    found = made.key
            except Exception:
                if follower.stopped:
                    raise builds.Stopped from None
                raise
            if follower.stopped:
                raise builds.Stopped
            rollout.use(config, found)
            follower.say(f"new sandboxes get the catalogue {found}")
    return found


def _stamp(config: RuntimeConfig, refresh: bool) -> str:
    """Of this node alone, so that it can be removed; and of the last refresh."""
    if refresh:
        return f"{config.node_key}-{int(time.time())}"
    current = rollout.current(config)
    return current.stamp if current else config.node_key


@shared_task
def use_catalogue(key: str) -> None:
    """Let new sandboxes have another catalogue that is there."""
    _try(lambda: rollout.use(local_node().config, key))
    tasks.renew_pool.delay()


@shared_task
def remove_catalogue(key: str) -> None:
    """Remove a catalogue that nobody uses."""
    _try(lambda: rollout.remove(local_node().config, key))


def _try(act: Any) -> None:
    try:
        act()
    except SandboxError as error:
        cache.set(SAID, str(error), _SAID_FOR)
