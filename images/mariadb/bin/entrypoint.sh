#!/bin/bash
# Prepares an empty data directory as the environment asks for, then becomes the server.
set -euo pipefail

readonly DATA=/var/lib/mysql
readonly SOCKET=/run/mysqld/mysqld.sock
readonly SCRIPTS=/docker-entrypoint-initdb.d
# There from the beginning of the first start to its end: a start that was cut off begins again.
readonly UNFINISHED=$DATA/.first-start

say() {
    printf '[entrypoint] %s\n' "$*" >&2
}

fail() {
    local line
    say "ERROR: $1"
    shift
    for line; do say "$line"; done
    exit 1
}

# Print the value of the first variable of the given names that has one. NAME_FILE names a file with
# the value of NAME, so that a secret can be mounted rather than shown by `docker inspect`.
setting() {
    local name file
    for name; do
        file=${name}_FILE
        if [[ -n ${!name-} && -n ${!file-} ]]; then
            fail "$name and $file are both set; give one of them."
        elif [[ -n ${!name-} ]]; then
            printf '%s' "${!name}"
            return
        elif [[ -n ${!file-} ]]; then
            [[ -r ${!file} ]] || fail "the file ${!file}, named by $file, cannot be read."
            printf '%s' "$(< "${!file}")"
            return
        fi
    done
}

# Quote a text for SQL: as a string, as a name, and as the database in a GRANT (where _ and % would
# stand for any letters). The server reads the SQL of the first start line by line.
as_string() {
    local text=${1//\\/\\\\}
    text=${text//$'\n'/\\n}
    printf "'%s'" "${text//\'/\\\'}"
}

as_name() {
    # shellcheck disable=SC2016 # these backticks are SQL's
    printf '`%s`' "${1//\`/\`\`}"
}

as_pattern() {
    local text=${1//\\/\\\\}
    text=${text//_/\\_}
    as_name "${text//%/\\%}"
}

read_settings() {
    root_password=$(setting MARIADB_ROOT_PASSWORD MYSQL_ROOT_PASSWORD)
    empty_password=$(setting MARIADB_ALLOW_EMPTY_ROOT_PASSWORD MYSQL_ALLOW_EMPTY_PASSWORD)
    random_password=$(setting MARIADB_RANDOM_ROOT_PASSWORD MYSQL_RANDOM_ROOT_PASSWORD)
    root_host=$(setting MARIADB_ROOT_HOST MYSQL_ROOT_HOST)
    database=$(setting MARIADB_DATABASE MYSQL_DATABASE)
    user=$(setting MARIADB_USER MYSQL_USER)
    password=$(setting MARIADB_PASSWORD MYSQL_PASSWORD)

    if [[ -z $root_password$empty_password$random_password ]]; then
        fail "The database is new and no password for its root user was given." \
            "Set one of these variables, for example with 'docker run -e':" \
            "  MARIADB_ROOT_PASSWORD                the password (or MYSQL_ROOT_PASSWORD)" \
            "  MARIADB_RANDOM_ROOT_PASSWORD=1       a random one, which is printed in the log" \
            "  MARIADB_ALLOW_EMPTY_ROOT_PASSWORD=1  none at all: everyone may come in as root"
    fi
    if [[ $user == root ]]; then
        fail "MARIADB_USER is for a further user: root is always there."
    elif [[ -n $user && -z $password ]]; then
        fail "MARIADB_USER is set, but MARIADB_PASSWORD is not."
    elif [[ -z $user && -n $password ]]; then
        say "MARIADB_PASSWORD has no effect without MARIADB_USER."
    fi
    if [[ -z $root_password && -n $random_password ]]; then
        root_password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
        say "GENERATED ROOT PASSWORD: $root_password"
    fi
}

# Print the SQL for the accounts and the database that the environment asks for.
settings_as_sql() {
    local account host=${root_host:-%}
    # The accounts that the system tables begin with: root's own ones without a password.
    echo "SET NAMES utf8mb4, SQL_MODE = '';"
    echo "DELETE FROM mysql.global_priv WHERE User = '' OR User = 'root' AND Host <> 'localhost';"
    # Accounts can be changed by statement only once the server has read them.
    echo "FLUSH PRIVILEGES;"
    echo "ALTER USER root@localhost IDENTIFIED BY $(as_string "$root_password");"
    if [[ $host != localhost ]]; then
        account="root@$(as_string "$host")"
        echo "CREATE USER $account IDENTIFIED BY $(as_string "$root_password");"
        echo "GRANT ALL ON *.* TO $account WITH GRANT OPTION;"
    fi
    if [[ -n $database ]]; then
        echo "CREATE DATABASE IF NOT EXISTS $(as_name "$database");"
    fi
    if [[ -n $user ]]; then
        account="$(as_string "$user")@'%'"
        echo "CREATE USER $account IDENTIFIED BY $(as_string "$password");"
        if [[ -n $database ]]; then
            echo "GRANT ALL ON $(as_pattern "$database").* TO $account;"
        fi
    fi
}

# Print the SQL for the system tables: what mariadb-install-db would run. That script itself cannot
# hand on server options with spaces, and wants to look up the host's name.
system_tables_as_sql() {
    printf '%s\n' "CREATE DATABASE mysql;" "USE mysql;" "SET @auth_root_socket = NULL;"
    (
        cd /usr/share/mariadb
        cat mariadb_system_tables.sql mariadb_performance_tables.sql \
            mariadb_system_tables_data.sql fill_help_tables.sql maria_add_gis_sp_bootstrap.sql \
            mariadb_sys_schema.sql
    ) | sed '/@current_hostname/d'
}

create_data() {
    local output
    if [[ -e $UNFINISHED ]]; then
        say "the first start was cut off: it begins again"
        find "$DATA" -mindepth 1 -delete
    fi
    touch "$UNFINISHED"

    say "creating the system tables"
    # The server does all of this in one go, before it ever listens.
    if ! output=$({ system_tables_as_sql && settings_as_sql; } | "$@" --bootstrap \
        --enforce-storage-engine= --max-allowed-packet=8M --net-buffer-length=16K 2>&1); then
        printf '%s\n' "$output" >&2
        fail "the system tables could not be created."
    fi
}

# Call a client program as the database's root user, with the password where `ps` does not show it.
as_root() {
    MYSQL_PWD=$root_password "$1" --no-defaults --protocol=socket --socket="$SOCKET" \
        --default-character-set=utf8mb4 --user=root "${@:2}"
}

# Run one file of the scripts folder against the server.
run_script() {
    case $1 in
        *.sh)
            say "running $1"
            if [[ -x $1 ]]; then "$1"; else bash "$1"; fi ;;
        *.sql)
            say "running $1"
            as_root mariadb --database="$database" < "$1" ;;
        *.sql.gz)
            say "running $1"
            gunzip -c "$1" | as_root mariadb --database="$database" ;;
        *)
            say "leaving out $1: neither .sh nor .sql nor .sql.gz" ;;
    esac
}

# The scripts get a server of their own, which listens only inside the container.
run_scripts() {
    local script server
    compgen -G "$SCRIPTS/*" > /dev/null || return 0
    "$@" --skip-networking --socket="$SOCKET" &
    server=$!
    trap 'kill "$server" 2> /dev/null; wait "$server"; exit 143' TERM INT
    until as_root mariadb-admin ping &> /dev/null; do
        kill -0 "$server" 2> /dev/null || fail "the server for the scripts did not start."
        sleep 0.1
    done
    # For scripts that call the client themselves.
    export MARIADB_ROOT_PASSWORD=$root_password MYSQL_ROOT_PASSWORD=$root_password
    export MARIADB_DATABASE=$database MYSQL_DATABASE=$database
    for script in "$SCRIPTS"/*; do
        # In the background, since bash heeds signals in a wait only.
        run_script "$script" &
        if ! wait $!; then
            kill "$server"
            wait "$server" || :
            fail "$script failed: the next start begins again with an empty database."
        fi
    done
    kill "$server"
    wait "$server" || fail "the server for the scripts did not end properly."
    trap - TERM INT
}

wants_server() {
    [[ $1 == mariadbd || $1 == mysqld ]] || return 1
    local argument
    for argument; do
        case $argument in
            -\? | --help | -V | --version) return 1 ;;
        esac
    done
}

# `docker run mariadb --some-option` means the server.
if [[ ${1-} == -* ]]; then
    set -- mariadbd "$@"
fi

if wants_server "${1-}" "${@:2}"; then
    if [[ $(id -u) == 0 ]]; then
        find "$DATA" /run/mysqld ! -user mysql -exec chown mysql:mysql {} +
        exec setpriv --reuid=mysql --regid=mysql --init-groups -- "$0" "$@"
    fi
    if [[ ! -d $DATA/mysql || -e $UNFINISHED ]]; then
        trap 'exit 143' TERM INT
        read_settings
        create_data "$@"
        run_scripts "$@"
        rm "$UNFINISHED"
        say "the database is ready, starting the server"
        trap - TERM INT
    fi
fi

exec "$@"
