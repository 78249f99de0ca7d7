from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# A total is written over and over. Where its page has room for the next version of the row, PostgreSQL leaves the
# indexes alone, which takes half the time and a third of the WAL.
MODELS = ["BudgetSummary", "CampaignSummary"]


def leave_room(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _alter("SET (fillfactor = 50)", apps, schema_editor)


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _alter("RESET (fillfactor)", apps, schema_editor)


def _alter(change: str, apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for name in MODELS:  # a host may have given their tables a prefix
            table = apps.get_model("django_adbudget", name)._meta.db_table
            schema_editor.execute(f"ALTER TABLE {schema_editor.quote_name(table)} {change}")


class Migration(migrations.Migration):

    dependencies = [
        ('django_adbudget', '0007_archive'),
    ]

    operations = [
        migrations.RunPython(leave_room, fill),
    ]
