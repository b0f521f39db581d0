#!/usr/bin/env bash
# The part of the set-up that comes before Python: distribution packages and the virtual
# environment. Usage: scripts/bootstrap.sh run|dev
#   run  what `make run` needs        dev  also what `make test`, `make lint` and `make bench` need
# Leaves .venv (run) or .venv-dev (dev) as a link into the cache, so a fresh clone installs nothing
# again. Prints only what it really does.
set -euo pipefail
umask 022
cd "$(dirname "$0")/.."

kind=${1:-run}
cache=${PLAYGROUND_CACHE:-/var/cache/docker-playground}
requirements=(requirements.txt)
link=.venv
if [ "$kind" = dev ]; then
    requirements=(requirements-dev.txt)
    link=.venv-dev
fi

fail() { # what, mend
    printf '\n\033[31m✗ %s\033[0m\n  %s\n' "$1" "$2" >&2
    exit 1
}

if [ "$(id -u)" != 0 ]; then
    fail "The set-up makes sandboxes and installs packages, so it needs root." \
        "Run it with sudo: sudo make $([ "$kind" = dev ] && echo test || echo run)"
fi

packages=(
    ca-certificates crun debian-archive-keyring e2fsprogs gettext iproute2 mmdebstrap nftables python3
    python3-venv redis-tools slirp4netns util-linux xz-utils
)
if [ "$kind" = dev ]; then
    packages+=(chromium fonts-noto-cjk git qemu-system-x86)
    # Ubuntu's `chromium` needs snapd; a chromium that is there already is as good.
    if command -v chromium >/dev/null || command -v google-chrome >/dev/null; then
        packages=("${packages[@]/#chromium/}")
    fi
fi

missing=()
for package in "${packages[@]}"; do
    [ -n "$package" ] || continue
    dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null |
        grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    command -v apt-get >/dev/null || fail "This is neither Debian nor Ubuntu (no apt-get)." \
        "Install these by hand, then run it again: ${missing[*]}"
    printf '• Packages: %s\n' "${missing[*]}"
    start=$SECONDS
    log=$(mktemp)
    export DEBIAN_FRONTEND=noninteractive
    if ! { apt-get update && apt-get install --yes --no-install-recommends "${missing[@]}"; } \
        >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        fail "The packages could not be installed (all of it: $log)." \
            "Mend what apt-get says above, then run it again; what is done stays done."
    fi
    rm -f "$log"
    printf '  ✓ packages (%s s)\n' "$((SECONDS - start))"
fi

# The distribution's Python, not the first in PATH: the web process runs as a user without rights,
# who could not read an interpreter below /root.
python=/usr/bin/python3
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    fail "Python 3.10 or newer is needed; this is $("$python" --version)." \
        "Use Debian 12, Ubuntu 22.04 or newer."

key=$({ "$python" --version; cat "${requirements[@]}"; } | sha256sum | cut -c1-16)
venv=$cache/venv/$key
if [ ! -f "$venv/complete" ]; then
    printf '• Python packages from %s\n' "${requirements[*]}"
    start=$SECONDS
    rm -rf "$venv"
    mkdir -p "$cache/venv"
    "$python" -m venv "$venv"
    log=$(mktemp)
    if ! "$venv/bin/pip" install --disable-pip-version-check --requirement "${requirements[0]}" \
        >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        fail "The Python packages could not be installed (all of it: $log)." \
            "Mend what pip says above, then run it again."
    fi
    rm -f "$log"
    touch "$venv/complete"
    printf '  ✓ Python packages (%s s)\n' "$((SECONDS - start))"
fi
[ "$(readlink "$link" || :)" = "$venv" ] || ln -sfnT "$venv" "$link"
