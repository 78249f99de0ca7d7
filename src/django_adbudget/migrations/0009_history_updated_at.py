from django.db import migrations, models

MODELS = ("budgetalert", "budgetchange", "statuschange")


class Migration(migrations.Migration):

    dependencies = [
        ('django_adbudget', '0008_room_in_totals'),
    ]

    operations = [
        # Null, and without a default: nothing is rewritten, and the release before can go on inserting.
        *(migrations.AddField(name, 'updated_at', models.DateTimeField(null=True, editable=False)) for name in MODELS),
        # For Django's state alone.
        *(migrations.AlterField(name, 'updated_at', models.DateTimeField(auto_now=True, null=True)) for name in MODELS),
    ]
