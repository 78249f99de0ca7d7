from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('django_adbudget', '0009_history_updated_at'),
    ]

    operations = [
        # With a default of the database's: nothing is rewritten, and the release before can go on inserting.
        migrations.AddField(
            model_name='alertdelivery',
            name='done_parts',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=255),
        ),
    ]
