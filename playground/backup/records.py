"""All rows of a database as lines of JSON, and back.

Rows go out and in as the migrations of their time have them, with their ids, so that a backup of an
earlier version is put into tables of that version and then migrated forward.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps.registry import Apps
from django.core.management.color import no_style
from django.db import connections, models, transaction
from django.db.migrations.executor import MigrationExecutor

from playground.backup.errors import BackupError

#: Rows that are put in at once.
_BATCH = 500

Targets = list[tuple[str, str]]


def applied(database: str) -> Targets:
    """The newest migration of each application that a database has."""
    executor = MigrationExecutor(connections[database])
    done = set(executor.loader.applied_migrations)
    graph = executor.loader.graph
    leaves = []
    for app in sorted({app for app, _ in done if app in executor.loader.migrated_apps}):
        own = [key for key in done if key[0] == app and key in graph.nodes]
        inner = {parent.key for key in own for parent in graph.node_map[key].parents}
        leaves += [key for key in own if key not in inner]
    return sorted(leaves)


def tables(apps: Apps) -> list[type[models.Model]]:
    """The models that have a table of their own."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]


def dump(database: str) -> Iterator[str]:
    """Each row as a line: ``["accounts.user", {"id": "1", …}]``; values as Django writes them."""
    executor = MigrationExecutor(connections[database])
    apps = executor.loader.project_state(applied(database)).apps
    with transaction.atomic(using=database):  # one moment, whatever is written meanwhile
        if connections[database].vendor == "postgresql":
            with connections[database].cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for model in tables(apps):
            rows = model._base_manager.using(database).order_by("pk")
            for row in rows.iterator(chunk_size=_BATCH):
                yield json.dumps([model._meta.label_lower, _values(row)], ensure_ascii=False)


def _values(row: models.Model) -> dict[str, Any]:
    return {
        field.attname: None if getattr(row, field.attname) is None else field.value_to_string(row)
        for field in row._meta.concrete_fields
    }


def is_empty(database: str) -> bool:
    """Whether a database has no table at all."""
    connection = connections[database]
    with connection.cursor() as cursor:
        return not connection.introspection.table_names(cursor)


def load(database: str, targets: Targets, lines: Iterable[str]) -> int:
    """Put rows into an empty database, in tables of ``targets``; how many there were.

    All or nothing where the database can do that. Raises ``BackupError`` for a line that is no row,
    and for targets that this version does not know.
    """
    connection = connections[database]
    executor = MigrationExecutor(connection)
    known = executor.loader.graph.nodes
    if unknown := [f"{app}.{name}" for app, name in targets if (app, name) not in known]:
        raise BackupError(
            f"It was made by a newer version, with {', '.join(unknown)}: update this one first."
        )
    state = executor.migrate(targets)
    by_label = {model._meta.label_lower: model for model in tables(state.apps)}
    for model in by_label.values():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.DateField):  # of this state alone: times stay as they were
                field.auto_now = field.auto_now_add = False
    # The tables come with rows that migrations put in; the backup has its own.
    count = 0
    with transaction.atomic(using=database), connection.constraint_checks_disabled():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:  # not `disabled`: that is SQLite's and MySQL's
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for model in by_label.values():
            model._base_manager.using(database).all().delete()
        for model, batch in _batches(by_label, lines):
            model._base_manager.using(database).bulk_create(batch)
            count += len(batch)
        with connection.cursor() as cursor:
            for sql in connection.ops.sequence_reset_sql(no_style(), list(by_label.values())):
                cursor.execute(sql)
    return count


def _batches(
    by_label: dict[str, type[models.Model]], lines: Iterable[str]
) -> Iterator[tuple[type[models.Model], list[models.Model]]]:
    batch: list[models.Model] = []
    current: type[models.Model] | None = None
    for number, line in enumerate(lines, 1):
        model, row = _row(by_label, line, number)
        if batch and (model is not current or len(batch) >= _BATCH):
            assert current is not None
            yield current, batch
            batch = []
        current = model
        batch.append(row)
    if batch and current is not None:
        yield current, batch


def _row(
    by_label: dict[str, type[models.Model]], line: str, number: int
) -> tuple[type[models.Model], models.Model]:
    try:
        label, values = json.loads(line)
        model = by_label[label]
        fields: dict[str, Any] = {field.attname: field for field in model._meta.concrete_fields}
        made = {
            name: None if value is None else fields[name].to_python(value)
            for name, value in values.items()
        }
        return model, model(**made)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"Line {number} of its data is no row of this site: {error}") from None
