#!/usr/bin/env bash
# Install or update Docker Playground as a service on Debian or Ubuntu. Run it in a checkout, as root:
#     sudo deploy/install.sh
# It copies what git knows of the checkout to /opt/docker-playground, does the set-up there, and starts the
# service. Settings: /etc/docker-playground/environment. Data: /var/lib/docker-playground. Run again it updates.
set -euo pipefail
umask 022
cd "$(dirname "$0")/.."
target=${PREFIX:-/opt/docker-playground}
settings=/etc/docker-playground/environment

[ "$(id -u)" = 0 ] || { echo "✗ Run it with sudo: sudo deploy/install.sh" >&2; exit 1; }
command -v systemctl >/dev/null || { echo "✗ There is no systemd here: use \`make run\`." >&2; exit 1; }
command -v make >/dev/null && command -v git >/dev/null ||
    { apt-get update -q && apt-get install -y -q --no-install-recommends make git; }

echo "• Files to $target"
new=$(mktemp -d "$(dirname "$target")/.docker-playground.XXXXXX")
trap 'rm -rf "$new"' EXIT
chmod 755 "$new"
git -c safe.directory=* archive HEAD | tar -x -C "$new"
if [ -d "$target" ]; then
    rm -rf "$target.old"
    mv "$target" "$target.old"
fi
mv "$new" "$target"

echo "• Set-up"
# One that fails leaves the service as it was, with the files that it was started from.
make -C "$target" --no-print-directory setup ||
    { rm -rf "$target"; [ ! -d "$target.old" ] || mv "$target.old" "$target"; exit 1; }
rm -rf "$target.old"

mkdir -p "$(dirname "$settings")" /var/lib/docker-playground
if [ ! -f "$settings" ]; then
    cat >"$settings" <<'SETTINGS'
# Settings of Docker Playground, one VARIABLE=value a line; docs/operating.md lists them.
# After a change: systemctl restart docker-playground (students' hosts run on).
PORT=8000
BIND=127.0.0.1
#PLAYGROUND_HOSTS=learn.example.org
#PLAYGROUND_ORIGINS=https://learn.example.org
#PLAYGROUND_HTTPS=1
#PLAYGROUND_PORT_DOMAIN=ports.example.org
SETTINGS
    chmod 600 "$settings"
fi
echo "• Service"
install -m 644 "$target/deploy/systemd/docker-playground.service" /etc/systemd/system/
systemctl daemon-reload
systemctl enable --quiet docker-playground
systemctl restart docker-playground
echo "✓ Running. Settings: $settings. Words: journalctl -u docker-playground"
