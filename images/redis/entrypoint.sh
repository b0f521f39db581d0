#!/bin/sh
set -eu

# `docker run redis --maxmemory 10mb` and `docker run redis /some/redis.conf` mean the server.
case "${1-}" in
    -* | *.conf) set -- redis-server "$@" ;;
esac

# Started as root, the server gives up root's rights, and the data must belong to its new user.
if [ "${1-}" = redis-server ] && [ "$(id -u)" = 0 ]; then
    find /data ! -user redis -exec chown redis:redis {} +
    exec setpriv --reuid=redis --regid=redis --init-groups -- "$0" "$@"
fi

# In its protected mode the server would answer nobody but processes in its own container. It is
# switched off ahead of the given options, so that they have the last word; a configuration file
# must stay the first argument, and one that says something about the mode keeps it.
if [ "${1-}" = redis-server ]; then
    shift
    case "${1-}" in
        -v | --version | -h | --help | --test-memory | --check-system)
            set -- redis-server "$@" ;;
        "" | -*)
            set -- redis-server --protected-mode no "$@" ;;
        *)
            config=$1
            shift
            if grep -q '^[[:space:]]*protected-mode[[:space:]]' "$config"; then
                set -- redis-server "$config" "$@"
            else
                set -- redis-server "$config" --protected-mode no "$@"
            fi ;;
    esac
fi

exec "$@"
