import django.core.validators
from django.db import migrations, models

import django_adbudget.clock
import django_adbudget.conf
import django_adbudget.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Brand",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ("updated_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ("name", models.CharField(max_length=200, unique=True, verbose_name="name")),
                ("description", models.TextField(blank=True, verbose_name="description")),
                (
                    "external_id",
                    models.CharField(blank=True, max_length=255, null=True, unique=True, verbose_name="external id"),
                ),
                (
                    "timezone",
                    django_adbudget.fields.TimeZoneField(
                        default=django_adbudget.conf.default_timezone, max_length=64, verbose_name="time zone"
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        default=django_adbudget.conf.default_currency,
                        max_length=3,
                        validators=[django_adbudget.fields.validate_currency],
                        verbose_name="currency",
                    ),
                ),
                (
                    "daily_budget",
                    django_adbudget.fields.MoneyField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="daily budget",
                    ),
                ),
                (
                    "monthly_budget",
                    django_adbudget.fields.MoneyField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="monthly budget",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "evaluated_at",
                    django_adbudget.fields.ProjectedDateTimeField(blank=True, db_index=True, editable=False, null=True),
                ),
            ],
            options={
                "verbose_name": "brand",
                "verbose_name_plural": "brands",
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("daily_budget__isnull", True), ("daily_budget__gte", 0), _connector="OR"),
                        name="adbudget_brand_daily_budget_gte_0",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("monthly_budget__isnull", True), ("monthly_budget__gte", 0), _connector="OR"
                        ),
                        name="adbudget_brand_monthly_budget_gte_0",
                    ),
                ],
            },
        ),
    ]
