from typing import Any

import django.utils.timezone
from django.db import migrations, models


def name_the_only_node(apps: Any, editor: Any) -> None:
    """Until now there was one machine, and every sandbox that was made is on it."""
    rows = apps.get_model("sandboxes", "Sandbox").objects
    rows.filter(state__in=["pooled", "ready", "failed", "removed"]).update(node="local")


class Migration(migrations.Migration):
    dependencies = [("sandboxes", "0005_setting")]

    operations = [
        migrations.AddField(
            "sandbox", "node", models.CharField(blank=True, default="", max_length=40)
        ),
        migrations.CreateModel(
            "NodeRecord",
            [
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("gateway", models.CharField(blank=True, default="", max_length=128)),
                ("ports", models.CharField(blank=True, default="", max_length=128)),
                (
                    "state",
                    models.CharField(
                        choices=[("up", "Up"), ("draining", "Draining"), ("lost", "Lost")],
                        default="up",
                        max_length=16,
                    ),
                ),
                ("drain", models.BooleanField(default=False)),
                ("places", models.PositiveIntegerField(default=0)),
                ("memory_mb", models.PositiveIntegerField(default=0)),
                ("disk_mb", models.PositiveIntegerField(default=0)),
                ("pids", models.PositiveIntegerField(default=0)),
                ("sandboxes", models.PositiveIntegerField(default=0)),
                ("catalogue", models.CharField(blank=True, default="", max_length=64)),
                ("version", models.CharField(blank=True, default="", max_length=32)),
                ("reported", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.AddIndex(
            "sandbox",
            models.Index(fields=["node", "state"], name="sandbox_node_state"),
        ),
        migrations.RunPython(name_the_only_node, migrations.RunPython.noop),
    ]
