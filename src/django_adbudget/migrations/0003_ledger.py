import datetime

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import django_adbudget.clock
import django_adbudget.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("django_adbudget", "0002_campaign"),
    ]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ("updated_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ("name", models.CharField(max_length=32, unique=True, verbose_name="name")),
                ("at", models.DateTimeField(verbose_name="at")),
            ],
            options={
                "verbose_name": "heartbeat",
                "verbose_name_plural": "heartbeats",
            },
        ),
        migrations.CreateModel(
            name="LedgerOpening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ("reason", models.CharField(max_length=255, verbose_name="reason")),
                ("actor", models.CharField(blank=True, default="", max_length=255, verbose_name="actor")),
                ("at", models.DateTimeField(verbose_name="at")),
            ],
            options={
                "verbose_name": "opening of the ledger",
                "verbose_name_plural": "openings of the ledger",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="BudgetChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ("field", models.CharField(max_length=32, verbose_name="field")),
                ("before", models.CharField(blank=True, max_length=64, null=True, verbose_name="before")),
                ("after", models.CharField(blank=True, max_length=64, null=True, verbose_name="after")),
                ("actor", models.CharField(blank=True, default="", max_length=255, verbose_name="actor")),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "brand",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="budget_changes",
                        to="django_adbudget.brand",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="budget_changes",
                        to="django_adbudget.campaign",
                    ),
                ),
            ],
            options={
                "verbose_name": "budget change",
                "verbose_name_plural": "budget changes",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="BudgetAlert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ("budget", models.CharField(max_length=16, verbose_name="budget")),
                ("period_start", models.DateField(verbose_name="period from")),
                ("threshold", models.PositiveSmallIntegerField(verbose_name="threshold in per cent")),
                ("spend", django_adbudget.fields.MoneyField(verbose_name="spend")),
                ("limit", django_adbudget.fields.MoneyField(verbose_name="limit")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("sent_at", models.DateTimeField(blank=True, db_index=True, null=True, verbose_name="sent at")),
                ("scope", models.CharField(editable=False, max_length=128)),
                ("dedupe_key", models.CharField(editable=False, max_length=136, unique=True)),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="alerts", to="django_adbudget.brand"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="django_adbudget.campaign",
                    ),
                ),
            ],
            options={
                "verbose_name": "budget alert",
                "verbose_name_plural": "budget alerts",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="CampaignSummary",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ("updated_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ("start", models.DateField(verbose_name="first local date")),
                ("spend", django_adbudget.fields.MoneyField(default=0, verbose_name="spend")),
                (
                    "period",
                    models.CharField(
                        choices=[("DAY", "Day"), ("MONTH", "Month"), ("TOTAL", "Total")],
                        max_length=5,
                        verbose_name="period",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="summaries",
                        to="django_adbudget.campaign",
                    ),
                ),
            ],
            options={
                "verbose_name": "campaign total",
                "verbose_name_plural": "campaign totals",
            },
        ),
        migrations.CreateModel(
            name="DaypartingSchedule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ("updated_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                (
                    "day_of_week",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ],
                        validators=[django.core.validators.MaxValueValidator(6)],
                        verbose_name="weekday",
                    ),
                ),
                ("start_time", models.TimeField(verbose_name="from")),
                ("end_time", models.TimeField(help_text="00:00 is midnight at the end of the day.", verbose_name="to")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="dayparting_schedules",
                        to="django_adbudget.campaign",
                        verbose_name="campaign",
                    ),
                ),
            ],
            options={
                "verbose_name": "dayparting window",
                "verbose_name_plural": "dayparting windows",
                "ordering": ["campaign", "day_of_week", "start_time"],
            },
        ),
        migrations.CreateModel(
            name="PlatformOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ("updated_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                (
                    "action",
                    models.CharField(choices=[("RUN", "Run"), ("STOP", "Stop")], max_length=4, verbose_name="action"),
                ),
                ("generation", models.BigIntegerField(verbose_name="generation")),
                (
                    "state",
                    models.CharField(
                        choices=[("PENDING", "Waiting"), ("LEASED", "In flight"), ("DONE", "Done")],
                        default="PENDING",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                ("next_attempt_at", models.DateTimeField(verbose_name="next attempt")),
                ("leased_until", models.DateTimeField(blank=True, null=True, verbose_name="leased until")),
                ("last_error", models.TextField(blank=True, default="", verbose_name="last error")),
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="platform_order",
                        to="django_adbudget.campaign",
                    ),
                ),
            ],
            options={
                "verbose_name": "platform order",
                "verbose_name_plural": "platform orders",
            },
        ),
        migrations.CreateModel(
            name="SpendRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ("amount", django_adbudget.fields.MoneyField(verbose_name="amount")),
                (
                    "kind",
                    models.CharField(
                        choices=[("SPEND", "Spend"), ("CORRECTION", "Correction"), ("RESTATEMENT", "Restatement")],
                        default="SPEND",
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("spend_datetime", models.DateTimeField(verbose_name="instant")),
                ("spend_date", models.DateField(verbose_name="local date")),
                ("at_given", models.BooleanField(default=True, editable=False, verbose_name="instant was given")),
                (
                    "idempotency_key",
                    django_adbudget.fields.AsciiKeyField(max_length=255, verbose_name="idempotency key"),
                ),
                (
                    "source",
                    django_adbudget.fields.ExactTextField(blank=True, default="", max_length=64, verbose_name="source"),
                ),
                ("description", models.TextField(blank=True, default="", max_length=1000, verbose_name="description")),
                ("redacted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "brand",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="spend_records",
                        to="django_adbudget.brand",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="spend_records",
                        to="django_adbudget.campaign",
                    ),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="django_adbudget.spendrecord",
                    ),
                ),
            ],
            options={
                "verbose_name": "spend record",
                "verbose_name_plural": "spend records",
                "ordering": ["-id"],
                "permissions": [("record_spend", "Can record spend"), ("correct_spend", "Can correct spend")],
                "default_permissions": ("add", "change", "delete", "view"),
            },
        ),
        migrations.CreateModel(
            name="StatusChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                (
                    "from_status",
                    models.CharField(
                        choices=[
                            ("ACTIVE", "Active"),
                            ("PAUSED_BUDGET", "Paused: budget"),
                            ("PAUSED_DAYPART", "Paused: dayparting"),
                            ("INACTIVE", "Inactive"),
                        ],
                        max_length=16,
                        verbose_name="from",
                    ),
                ),
                (
                    "to_status",
                    models.CharField(
                        choices=[
                            ("ACTIVE", "Active"),
                            ("PAUSED_BUDGET", "Paused: budget"),
                            ("PAUSED_DAYPART", "Paused: dayparting"),
                            ("INACTIVE", "Inactive"),
                        ],
                        max_length=16,
                        verbose_name="to",
                    ),
                ),
                (
                    "reasons",
                    django_adbudget.fields.ReasonsField(blank=True, default="", max_length=255, verbose_name="reasons"),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("SPEND", "Spend"),
                            ("EDIT", "Edit"),
                            ("TICK", "Time"),
                            ("SWEEP", "Sweep"),
                            ("REBUILD", "Rebuild"),
                        ],
                        max_length=16,
                        verbose_name="cause",
                    ),
                ),
                ("actor", models.CharField(blank=True, default="", max_length=255, verbose_name="actor")),
                ("figures", models.JSONField(default=dict, verbose_name="figures")),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="status_changes",
                        to="django_adbudget.campaign",
                    ),
                ),
            ],
            options={
                "verbose_name": "status change",
                "verbose_name_plural": "status changes",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="BudgetSummary",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ("updated_at", models.DateTimeField(default=django_adbudget.clock.instant, editable=False)),
                ("start", models.DateField(verbose_name="first local date")),
                ("spend", django_adbudget.fields.MoneyField(default=0, verbose_name="spend")),
                (
                    "period",
                    models.CharField(choices=[("DAY", "Day"), ("MONTH", "Month")], max_length=5, verbose_name="period"),
                ),
                (
                    "brand",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="summaries",
                        to="django_adbudget.brand",
                    ),
                ),
            ],
            options={
                "verbose_name": "brand total",
                "verbose_name_plural": "brand totals",
                "constraints": [
                    models.UniqueConstraint(fields=("brand", "period", "start"), name="adbudget_brand_total_uniq")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="budgetchange",
            index=models.Index(fields=["brand", "at"], name="adbudget_budget_change_idx"),
        ),
        migrations.AddIndex(
            model_name="budgetalert",
            index=models.Index(fields=["scope", "threshold"], name="adbudget_alert_scope_idx"),
        ),
        migrations.AddConstraint(
            model_name="campaignsummary",
            constraint=models.UniqueConstraint(
                fields=("campaign", "period", "start"), name="adbudget_campaign_total_uniq"
            ),
        ),
        migrations.AddConstraint(
            model_name="daypartingschedule",
            constraint=models.CheckConstraint(
                condition=models.Q(("day_of_week__gte", 0), ("day_of_week__lte", 6)), name="adbudget_window_weekday"
            ),
        ),
        migrations.AddConstraint(
            model_name="daypartingschedule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("start_time", models.F("end_time")), _negated=True),
                    ("start_time", datetime.time(0, 0)),
                    _connector="OR",
                ),
                name="adbudget_window_not_empty",
            ),
        ),
        migrations.AddIndex(
            model_name="platformorder",
            index=models.Index(fields=["state", "action", "next_attempt_at"], name="adbudget_order_claim_idx"),
        ),
        migrations.AddIndex(
            model_name="spendrecord",
            index=models.Index(fields=["brand", "spend_date"], name="adbudget_spend_brand_idx"),
        ),
        migrations.AddIndex(
            model_name="spendrecord",
            index=models.Index(fields=["campaign", "spend_date"], name="adbudget_spend_campaign_idx"),
        ),
        migrations.AddConstraint(
            model_name="spendrecord",
            constraint=models.UniqueConstraint(fields=("brand", "idempotency_key"), name="adbudget_spend_key_uniq"),
        ),
        migrations.AddConstraint(
            model_name="spendrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount", 0), _negated=True), name="adbudget_spend_amount_not_0"
            ),
        ),
        migrations.AddIndex(
            model_name="statuschange",
            index=models.Index(fields=["campaign", "at"], name="adbudget_status_change_idx"),
        ),
    ]
