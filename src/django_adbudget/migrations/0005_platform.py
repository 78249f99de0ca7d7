from typing import Any

import django_adbudget.clock
from django.db import migrations, models


def confirmed_before(apps: Any, schema_editor: Any) -> None:
    """What was carried out before this was noted was carried out when its row was last written."""
    orders = apps.get_model("django_adbudget", "PlatformOrder").objects.using(schema_editor.connection.alias)
    orders.filter(state="DONE").update(acked_at=models.F("updated_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("django_adbudget", "0004_apitoken"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlatformCircuit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ("updated_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ("backend", models.CharField(max_length=255, unique=True, verbose_name="backend")),
                ("failures", models.PositiveIntegerField(default=0, verbose_name="failed calls in a row")),
                ("opened_at", models.DateTimeField(blank=True, null=True, verbose_name="failing since")),
                ("rests", models.PositiveIntegerField(default=0, verbose_name="rests")),
                ("rests_until", models.DateTimeField(blank=True, null=True, verbose_name="rests until")),
                ("allowance", models.PositiveIntegerField(default=1, verbose_name="orders in a call")),
                ("read_at", models.DateTimeField(blank=True, null=True, verbose_name="last read")),
                ("last_error", models.TextField(blank=True, default="", verbose_name="last error")),
            ],
            options={
                "verbose_name": "platform circuit",
                "verbose_name_plural": "platform circuits",
            },
        ),
        migrations.AddField(
            model_name="platformorder",
            name="lease",
            field=models.CharField(blank=True, default="", editable=False, max_length=32),
        ),
        migrations.AddField(
            model_name="platformorder",
            name="acked_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="confirmed at"),
        ),
        migrations.AddField(
            model_name="platformorder",
            name="observed_action",
            field=models.CharField(
                blank=True,
                choices=[("RUN", "Run"), ("STOP", "Stop")],
                default="",
                max_length=4,
                verbose_name="seen doing",
            ),
        ),
        migrations.AddField(
            model_name="platformorder",
            name="observed_at",
            field=models.DateTimeField(blank=True, db_index=True, null=True, verbose_name="seen at"),
        ),
        migrations.AddIndex(
            model_name="platformorder",
            index=models.Index(fields=["state", "action", "next_attempt_at", "id"], name="adbudget_order_queue_idx"),
        ),
        migrations.RemoveIndex(
            model_name="platformorder",
            name="adbudget_order_claim_idx",
        ),
        migrations.RunPython(confirmed_before, migrations.RunPython.noop),
    ]
