import django.db.models.deletion
import django_adbudget.clock
import django_adbudget.fields
import django_adbudget.models.thresholds
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def told_before(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What was raised before there were channels is news to nobody."""
    alerts = apps.get_model("django_adbudget", "BudgetAlert").objects.using(schema_editor.connection.alias)
    alerts.update(queued_at=models.F("at"))


class Migration(migrations.Migration):

    dependencies = [
        ('django_adbudget', '0005_platform'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='spendrecord',
            index=models.Index(fields=['spend_datetime'], name='adbudget_spend_instant_idx'),
        ),
        migrations.AddField(
            model_name='brand',
            name='alert_thresholds',
            field=django_adbudget.models.thresholds.ThresholdsField(blank=True, help_text='Per cent of each budget, such as 50, 80, 100. Blank: as for all brands; none: no alerts.', max_length=99, null=True, verbose_name='alert thresholds'),
        ),
        migrations.AddField(
            model_name='budgetalert',
            name='exhausted_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='exhausted at'),
        ),
        migrations.AddField(
            model_name='budgetalert',
            name='kind',
            field=models.CharField(choices=[('THRESHOLD', 'Threshold crossed'), ('FORECAST', 'About to be exhausted')], default='THRESHOLD', max_length=9, verbose_name='kind'),
        ),
        migrations.AddField(
            model_name='budgetalert',
            name='queued_at',
            field=models.DateTimeField(blank=True, db_index=True, editable=False, null=True),
        ),
        migrations.RunPython(told_before, migrations.RunPython.noop, elidable=True),
        migrations.AddField(
            model_name='budgetalert',
            name='rate_per_hour',
            field=django_adbudget.fields.MoneyField(blank=True, null=True, verbose_name='spend per hour'),
        ),
        migrations.AlterField(
            model_name='budgetalert',
            name='threshold',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='threshold in per cent'),
        ),
        migrations.CreateModel(
            name='AlertDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ('updated_at', models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ('channel', models.CharField(max_length=200, verbose_name='channel')),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(verbose_name='next attempt')),
                ('leased_until', models.DateTimeField(blank=True, null=True, verbose_name='leased until')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent at')),
                ('last_error', models.TextField(blank=True, default='', verbose_name='last error')),
                ('alert', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='django_adbudget.budgetalert')),
            ],
            options={
                'verbose_name': 'delivery of an alert',
                'verbose_name_plural': 'deliveries of alerts',
                'indexes': [models.Index(fields=['channel', 'sent_at', 'next_attempt_at'], name='adbudget_alert_due_idx')],
                'constraints': [models.UniqueConstraint(fields=('alert', 'channel'), name='adbudget_alert_channel_uniq')],
            },
        ),
    ]
