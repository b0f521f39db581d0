#!/usr/bin/env bash
# Removes everything that this product made on this machine: processes, sandboxes, data, caches.
# Distribution packages stay: other programs may use them by now.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${PLAYGROUND_CACHE:-/var/cache/docker-playground}
for python in .venv/bin/python .venv-dev/bin/python; do
    if [ -x "$python" ]; then
        "$python" -m playground.serve --stop
        break
    fi
done
case $cache in
    / | /var | /var/cache | "$HOME" | "") echo "PLAYGROUND_CACHE=$cache is no cache folder" >&2; exit 1 ;;
esac
rm -rf -- "$cache" var static/vendor .venv .venv-dev .mypy_cache .ruff_cache .pytest_cache .hypothesis
find . -name __pycache__ -type d -prune -exec rm -rf {} +
find locale -name '*.mo' -delete 2>/dev/null || :
# Another playground of this machine may have them mounted, and would lose what is there.
if ! pgrep --full 'playground\.(serve|hub)' >/dev/null 2>&1; then
    rm -rf /run/docker-playground /run/docker-playground-site
fi
