#!/bin/sh
# What a container of the playground runs: the site with all of it, a part of it, or one command.
set -eu
cd /opt/docker-playground
python=.venv/bin/python
here=docker-playground

usage() {
    cat <<USAGE
Docker Playground: learn Docker in the browser, on a real, sandboxed Docker host of your own.

  docker run --privileged -p 127.0.0.1:8000:8000 -v $here:/data $here
        serve all of it on http://localhost:8000
  docker run … $here serve --roles web,beat | worker,hub
        serve a part of it (deploy/compose.yaml)
  docker run --privileged --rm $here doctor
        can this machine run sandboxes, and if not, what mends it
  docker run … $here COMMAND
        any other command of manage.py: check --deploy, backup, node list, certificates …

Settings are variables (-e PLAYGROUND_…): docs/operating.md. What is kept lies in /data.
USAGE
}

fail() { # what, mend
    printf '✗ %s\n  %s\n' "$1" "$2" >&2
    exit 1
}

# Below a group that has processes the kernel gives no controllers to others (cgroups(7), "no
# internal processes"): ours go into one of their own, and the rest of the tree is free to divide.
divide_cgroups() {
    top=/sys/fs/cgroup
    [ -f "$top/cgroup.controllers" ] || return 0
    [ ! -w "$top/cgroup.subtree_control" ] || [ -s "$top/cgroup.subtree_control" ] || {
        mkdir -p "$top/playground-site"
        while read -r pid; do
            echo "$pid" >"$top/playground-site/cgroup.procs" 2>/dev/null || :
        done <"$top/cgroup.procs"
        for each in $(cat "$top/cgroup.controllers"); do
            echo "+$each" >"$top/cgroup.subtree_control" 2>/dev/null || :
        done
    }
}

# Where several containers are one playground, /keys has this one's certificates and the secret.
take_keys() {
    [ -d /keys ] || return 0
    [ -f /keys/secret ] || fail "/keys has no secret" "docker-playground share NAME… makes it: deploy/compose.yaml"
    mkdir -p "$PLAYGROUND_VAR/certificates"
    cp /keys/*.pem /keys/*.key "$PLAYGROUND_VAR/certificates/"
    # Certificates are no secrets, and the web process, which has no rights, reads them; its key the
    # start gives to its group.
    chmod 755 "$PLAYGROUND_VAR/certificates"
    chmod 644 "$PLAYGROUND_VAR"/certificates/*.pem
    chmod 600 "$PLAYGROUND_VAR"/certificates/*.key
    export PLAYGROUND_SECRET_FILE=/keys/secret
}

# Make what machines share, once, and hand each its own: share NAME… fills /share/NAME.
share() {
    umask 077
    [ -s /authority/secret ] || od -An -tx1 -N32 /dev/urandom | tr -d ' \n' >/authority/secret
    for name; do
        [ -f "/authority/$name.pem" ] || "$python" manage.py certificates --folder /authority "$name"
        mkdir -p "/share/$name"
        cp /authority/ca.pem "/authority/$name.pem" "/authority/$name.key" /authority/secret "/share/$name/"
    done
}

case ${1:-serve} in
    -h | --help | help) usage ;;
    healthy)
        exec "$python" -c "import urllib.request as r; r.urlopen('http://127.0.0.1:$PORT/healthz', timeout=4)" 2>/dev/null
        ;;
    share) shift; share "$@" ;;
    serve)
        [ "$#" = 0 ] || shift
        mkdir -p "$PLAYGROUND_VAR" "$PLAYGROUND_CACHE"
        divide_cgroups
        take_keys
        # What cannot be built is said there; the site starts all the same, and says it on each page.
        # A machine that makes no sandboxes builds nothing.
        case "$*" in
            *--roles*worker* | "") "$python" -m playground.install ;;
            *--roles*) ;;
            *) "$python" -m playground.install ;;
        esac
        exec "$python" -m playground.serve "$@"
        ;;
    *) exec "$python" manage.py "$@" ;;
esac
