"""``python -m playground.install``: everything between the virtual environment and serving.

Each step does nothing if an earlier run has done it, so the next run goes on where one failed.
``--site`` does what the site's pages need, on a machine that makes no sandboxes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from playground.install import javascript
from playground.install.steps import Steps
from playground.runtime import hostimage
from playground.runtime.catalogue import builder, rollout, store
from playground.runtime.config import PROJECT_ROOT, RuntimeConfig
from playground.runtime.doctor import examine
from playground.runtime.errors import SandboxError


def main() -> int:
    """Run all steps; the exit code says whether the site can be started."""
    os.umask(0o022)
    config = RuntimeConfig.from_environ()
    pages = "--site" in sys.argv[1:]
    steps = Steps(total=2 if pages else 5)
    try:
        _javascript(steps, config)
        _translations(steps)
        if pages:
            return 0
        findings = examine(config, built=False)
        if amiss := [f for f in findings if f.stops_sandboxes]:
            # The site still starts and says so; there is nothing to build for.
            for finding in amiss:
                print(f"      ✗ {finding.name}: {finding.detail}. {finding.mend}")
            print("      This machine cannot run sandboxes: the site will say so.")
            return 0
        _host_image(steps, config)
        _catalogue(steps, config)
        _disk(steps, config)
    except SandboxError as error:
        print(f"\n✗ {error}", file=sys.stderr)
        print("  The next run goes on from here.", file=sys.stderr)
        return 1
    return 0


def _javascript(steps: Steps, config: RuntimeConfig) -> None:
    if javascript.is_installed():
        steps.already("xterm.js")
        return
    with steps.step("JavaScript from npm"):
        javascript.install(config, steps.progress)


def _translations(steps: Steps) -> None:
    """Compile what is newer than its compiled form."""
    stale = [
        source
        for source in PROJECT_ROOT.glob("locale/*/LC_MESSAGES/*.po")
        if not _is_newer(source.with_suffix(".mo"), source)
    ]
    if not stale:
        steps.already("Translations")
        return
    with steps.step("Translations"):
        for source in stale:
            subprocess.run(
                ["msgfmt", "--check-format", "-o", source.with_suffix(".mo"), source], check=True
            )


def _is_newer(made: Path, source: Path) -> bool:
    return made.exists() and made.stat().st_mtime >= source.stat().st_mtime


def _host_image(steps: Steps, config: RuntimeConfig) -> None:
    if hostimage.path(config).is_dir():
        steps.already("Host image")
        return
    with steps.step("Host image (Debian with its Docker Engine)"):
        hostimage.build(config, steps.progress)


def _catalogue(steps: Steps, config: RuntimeConfig) -> None:
    try:
        if rollout.needs_renewal(config):
            with steps.step("Catalogue of images, with those added on the operator's page"):
                rollout.renew(config, steps.progress)
            return
    except SandboxError as error:
        # The site is worth more than one image: it goes on with its own.
        print(f"      ✗ {error}", file=sys.stderr)
        print("      Without the images added on the operator's page: build them there again.")
    if store.find(config):
        steps.already("Catalogue")
        return
    with steps.step("Catalogue of images"):
        builder.build(config, steps.progress)


def _disk(steps: Steps, config: RuntimeConfig) -> None:
    """The template of the sandboxes' disks, so that the first student does not wait for it."""
    with steps.step("Disk template"):
        store.disk_template(config, store.find(config), config.limits.disk_mb)


if __name__ == "__main__":
    sys.exit(main())
