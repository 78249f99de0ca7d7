import datetime

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import django_adbudget.clock
import django_adbudget.conf
import django_adbudget.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("django_adbudget", "0001_brand"),
    ]

    operations = [
        migrations.CreateModel(
            name="Campaign",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ("updated_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("external_id", models.CharField(blank=True, max_length=255, null=True, verbose_name="external id")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
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
                (
                    "total_budget",
                    django_adbudget.fields.MoneyField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="total budget",
                    ),
                ),
                ("start_date", models.DateField(blank=True, null=True, verbose_name="first day")),
                ("end_date", models.DateField(blank=True, null=True, verbose_name="last day")),
                (
                    "dayparting",
                    models.CharField(
                        choices=[
                            ("AUTO", "Windows bind, if there are any"),
                            ("REQUIRED", "Runs in its windows only"),
                            ("OFF", "Windows are ignored"),
                        ],
                        default=django_adbudget.conf.default_dayparting,
                        max_length=8,
                        verbose_name="dayparting",
                    ),
                ),
                (
                    "timezone",
                    django_adbudget.fields.TimeZoneField(
                        blank=True,
                        default="",
                        help_text="Empty: the brand's.",
                        max_length=64,
                        verbose_name="time zone of the windows",
                    ),
                ),
                (
                    "status",
                    django_adbudget.fields.ProjectedCharField(
                        choices=[
                            ("ACTIVE", "Active"),
                            ("PAUSED_BUDGET", "Paused: budget"),
                            ("PAUSED_DAYPART", "Paused: dayparting"),
                            ("INACTIVE", "Inactive"),
                        ],
                        default="INACTIVE",
                        editable=False,
                        max_length=16,
                        verbose_name="status",
                    ),
                ),
                (
                    "status_reasons",
                    django_adbudget.fields.ProjectedReasonsField(
                        blank=True, default="", editable=False, max_length=255, verbose_name="reasons"
                    ),
                ),
                (
                    "status_changed_at",
                    django_adbudget.fields.ProjectedDateTimeField(
                        blank=True, editable=False, null=True, verbose_name="status since"
                    ),
                ),
                (
                    "next_check_at",
                    django_adbudget.fields.ProjectedDateTimeField(
                        blank=True,
                        default=datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.UTC),
                        editable=False,
                        null=True,
                        verbose_name="next check",
                    ),
                ),
                ("desired_generation", django_adbudget.fields.ProjectedBigIntegerField(default=0, editable=False)),
                ("acked_generation", django_adbudget.fields.ProjectedBigIntegerField(default=0, editable=False)),
                (
                    "brand",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="campaigns",
                        to="django_adbudget.brand",
                        verbose_name="brand",
                    ),
                ),
            ],
            options={
                "verbose_name": "campaign",
                "verbose_name_plural": "campaigns",
                "ordering": ["brand", "name"],
            },
        ),
        migrations.AddIndex(
            model_name="campaign",
            index=models.Index(fields=["next_check_at", "brand"], name="adbudget_campaign_due_idx"),
        ),
        migrations.AddIndex(
            model_name="campaign",
            index=models.Index(fields=["brand", "status"], name="adbudget_campaign_status_idx"),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.UniqueConstraint(fields=("brand", "name"), name="adbudget_campaign_name_uniq"),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.UniqueConstraint(fields=("brand", "external_id"), name="adbudget_campaign_external_uniq"),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("daily_budget__isnull", True), ("daily_budget__gte", 0), _connector="OR"),
                name="adbudget_campaign_daily_budget_gte_0",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("monthly_budget__isnull", True), ("monthly_budget__gte", 0), _connector="OR"),
                name="adbudget_campaign_monthly_budget_gte_0",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("total_budget__isnull", True), ("total_budget__gte", 0), _connector="OR"),
                name="adbudget_campaign_total_budget_gte_0",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("start_date__isnull", True),
                    ("end_date__isnull", True),
                    ("end_date__gte", models.F("start_date")),
                    _connector="OR",
                ),
                name="adbudget_campaign_flight_order",
            ),
        ),
    ]
