"""Bugs in days, windows and status."""

from __future__ import annotations

from .bug import Bug

STATUS, CALENDAR, DAYPARTING = "rules/status.py", "rules/calendar.py", "rules/dayparting.py"

TIME = (
    Bug(
        name="UTC's date for the local one",
        breaks="T1: spend of a brand's evening counts on the next day, or the day before",
        file=CALENDAR,
        old="    return _aware(instant).astimezone(as_zone(zone)).date()",
        new="    return _aware(instant).astimezone(UTC).date()",
        caught_by=(
            "services/test_spending.py::test_a_spend_is_recorded_with_its_local_date_and_counted_in_every_period",
        ),
    ),
    Bug(
        name="a stale zone",
        breaks="T1: a brand's zone is remembered from its first spend, not read under the gate",
        file="services/ledger.py",
        old="    day = posting.day or _spend_date(at, gate.brands[brand_id].timezone)",
        new="    day = posting.day or _spend_date(at, _SEEN.setdefault(brand_id, gate.brands[brand_id].timezone))",
        also=(
            (
                "services/ledger.py",
                "_KEYS_A_STATEMENT = 2_000\n",
                "_KEYS_A_STATEMENT = 2_000\n_SEEN: dict[int, str] = {}\n",
            ),
        ),
        caught_by=("services/test_spending.py::test_a_spend_is_dated_by_the_zone_now_in_force",),
    ),
    Bug(
        name="a lost fold",
        breaks="T5: in the second of two hours that bear the same time the offset is the first's",
        file=CALENDAR,
        old="    return instant.astimezone(zone).utcoffset() or timedelta()",
        new="    return instant.astimezone(zone).replace(fold=0).utcoffset() or timedelta()",
        caught_by=("rules/test_dayparting.py::test_a_window_occurs_twice_in_a_fold",),
    ),
    Bug(
        name="a month of thirty days",
        breaks="T3: a month ends a day early, or late",
        file=CALENDAR,
        old="    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)",
        new="    return day.replace(day=1) + timedelta(days=30)",
        caught_by=("rules/test_calendar.py::test_a_month_is_its_days",),
    ),
    Bug(
        name="midnight in a gap",
        breaks="T3: where the clock jumps over midnight, the day begins before its first instant",
        file=CALENDAR,
        old="    return _first_instant_of(day, zone, midnight.replace(fold=1).astimezone(UTC), start)",
        new="    return midnight.replace(fold=1).astimezone(UTC)",
        caught_by=("rules/test_calendar.py::test_days_that_are_known",),
    ),
    Bug(
        name="hours ahead accepted",
        breaks="T4: spend dated hours in the future is taken",
        file="services/ledger.py",
        old="_AHEAD = timedelta(minutes=5)",
        new="_AHEAD = timedelta(hours=5)",
        caught_by=("services/test_spending.py::test_spend_of_the_future_and_of_the_deep_past",),
    ),
    Bug(
        name="a night cut at the week's end",
        breaks="T5: the window of Sunday night ends at midnight",
        file=DAYPARTING,
        old="        if end > MINUTES_PER_WEEK:",
        new="        if False:",
        caught_by=(
            "rules/test_dayparting.py::test_the_edges_of_a_window",
            "rules/test_dayparting.py::test_windows_that_meet_at_the_end_of_the_week_are_one",
        ),
    ),
    Bug(
        name="an end that belongs to its window",
        breaks="T5: a campaign runs at the minute at which its window ends",
        file=DAYPARTING,
        old="        return bisect_right(self._edges, into_week) % 2 == 1",
        new="        return into_week in self._edges or bisect_right(self._edges, into_week) % 2 == 1",
        caught_by=("rules/test_dayparting.py::test_the_edges_of_a_window",),
    ),
    Bug(
        name="the campaign's own zone ignored",
        breaks="T5: windows are read by the brand's clock",
        file=STATUS,
        old="    if facts.windows_bind and not facts.windows.contains(now, facts.window_zone or facts.zone):",
        new="    if facts.windows_bind and not facts.windows.contains(now, facts.zone):",
        caught_by=("rules/test_status.py::test_windows_may_keep_another_zone_than_budgets_and_flights",),
    ),
    Bug(
        name="> for >=",
        breaks="M4: a budget spent to the last micro-unit is not reached",
        file=STATUS,
        old="self.spent_on(day) >= self.budget)",
        new="self.spent_on(day) > self.budget)",
        caught_by=(
            "rules/test_status.py::test_a_budget_is_reached_once_spend_is_equal_to_it",
            "services/test_spending.py::test_a_spend_that_reaches_the_daily_budget_pauses_every_campaign_of_the_brand",
        ),
    ),
    Bug(
        name="spend dated ahead overlooked",
        breaks="S3: tomorrow's budget, reached before midnight, does not pause at midnight",
        file=STATUS,
        old="        later = [start for start, spent in self.spent.items() if start > day and spent >= self.budget]",
        new="        later: list[date] = []",
        caught_by=(
            "rules/test_status.py::test_spend_dated_just_after_midnight_pauses_at_midnight",
            "services/test_editing.py::test_spend_minutes_ahead_of_midnight_is_known_to_midnight",
        ),
    ),
    Bug(
        name="the last day cut off",
        breaks="S8: a flight ends when its last day begins",
        file=STATUS,
        old="today > facts.end_date:",
        new="today >= facts.end_date:",
        caught_by=("rules/test_status.py::test_flights_include_both_their_dates",),
    ),
    Bug(
        name="tick a moment late",
        breaks="S4: what is due at this very instant waits for the next tick",
        file="services/reconciling.py",
        old="campaigns.filter(next_check_at__lte=now) if due_only",
        new="campaigns.filter(next_check_at__lt=now) if due_only",
        caught_by=("services/test_reconciling.py::test_a_tick_evaluates_what_is_due_and_nothing_else",),
    ),
    Bug(
        name="resume without gate",
        breaks="L4: a tick resumes what a spend pauses at the same moment",
        file="services/reconciling.py",
        old="            gate = lock(brand_ids, self.now, self.alias)\n",
        new="            gate = Gate(self.alias, self.now, Brand._base_manager.using(self.alias).in_bulk(brand_ids))\n",
        also=(
            ("services/reconciling.py", "from .gate import in_transaction", "from .gate import Gate, in_transaction"),
        ),
        caught_by=("integration/test_gate.py::test_the_gate_is_the_first_statement",),
        database="postgres",
    ),
    Bug(
        name="a dry run that writes",
        breaks="S4: asking what a sweep would change changes it",
        file="services/reconciling.py",
        old="write=not self.dry_run",
        new="write=True",
        caught_by=("services/test_reconciling.py::test_a_dry_run_counts_and_writes_nothing",),
    ),
    Bug(
        name="a person's switch turned by a task",
        breaks="S1: what a budget pauses is switched off, and stays off",
        file="services/enforcement.py",
        old='            "next_check_at": next_check_at,\n        }\n',
        new='            "next_check_at": next_check_at,\n'
        '            **({"is_active": False} if status == "PAUSED_BUDGET" else {}),\n        }\n',
        caught_by=("services/test_editing.py::test_a_switch_belongs_to_people",),
    ),
    Bug(
        name="projection written by save",
        breaks="S1: saving a campaign read an hour ago sets its status back",
        file="fields.py",
        old="class Projected(_AnyField):",
        new="class Projected(_AnyField):\n    pass\n\n\nclass _Unused(_AnyField):",
        caught_by=("model/test_stale.py::test_still_paused_however_it_is_saved",),
    ),
    Bug(
        name="editing() evaluates each save",
        breaks="S4: a form of many fields makes a campaign flap",
        file="services/editing.py",
        old="        yield outer\n        return\n",
        new="        yield outer\n        outer.finish()\n        return\n",
        caught_by=(
            "model/test_edits.py::test_a_campaign_and_seven_windows_are_evaluated_once",
            "admin/test_editing.py::test_a_form_with_its_windows_is_evaluated_once_under_the_users_name",
        ),
    ),
    Bug(
        name="a raised budget waits for the sweep",
        breaks="S4: a budget that was raised does not resume at once",
        file="services/edits.py",
        old="            if created or changed.keys() & _DECIDING[Campaign]:",
        new="            if created:",
        caught_by=("services/test_editing.py::test_a_raised_budget_resumes_at_once_and_a_lowered_one_pauses_at_once",),
    ),
    Bug(
        name="a read that believes the projection",
        breaks="S6: the status that a service gives is the stored one",
        file="services/reports.py",
        old="        status=decision.status,\n        reasons=decision.reasons,\n        can",
        new="        status=Status(stored.status),\n        reasons=decision.reasons,\n        can",
        caught_by=("services/test_reconciling.py::test_reads_are_derived_and_show_the_projection_beside",),
    ),
    Bug(
        name="no history",
        breaks="S7: a change of status leaves no trace",
        file="services/enforcement.py",
        old="    StatusChange._base_manager.using(gate.alias).bulk_create(changes)\n",
        new="",
        caught_by=("services/test_editing.py::test_seven_windows_in_one_edit_make_no_history_that_flaps",),
    ),
)
