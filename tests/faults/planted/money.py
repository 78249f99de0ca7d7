"""Bugs in what is recorded, counted and kept."""

from __future__ import annotations

from .bug import Bug

LEDGER, TOTALS, AUDIT = "services/spending/ledger.py", "services/totals.py", "services/audit/verifying.py"

MONEY = (
    Bug(
        name="float accepted",
        breaks="M1: a float is money",
        file="rules/money.py",
        old="    if isinstance(value, bool) or not isinstance(value, _NUMBERS):\n",
        new="    value = Decimal(str(value)) if isinstance(value, float) else value\n"
        "    if isinstance(value, bool) or not isinstance(value, _NUMBERS):\n",
        caught_by=(
            "rules/test_money.py::test_what_is_no_exact_number_is_a_type_error",
            "services/test_spending.py::test_an_amount_is_exact_money_or_is_refused",
        ),
    ),
    Bug(
        name="rounded",
        breaks="M2: more than six places are cut off, not refused",
        file="rules/money.py",
        old="    if from_micros(micros) != value:",
        new="    if not micros:",
        caught_by=("rules/test_money.py::test_what_a_ledger_cannot_hold_is_refused",),
    ),
    Bug(
        name="a number added as micro-units",
        breaks="M1: F('spend') + 1 in SQL adds a millionth",
        file="fields.py",
        old="    return money_value(side.value) if isinstance(side, Value) else side",
        new="    return side",
        caught_by=("models/test_fields.py::test_plain_numbers_beside_money_mean_currency_units_wherever_they_stand",),
    ),
    Bug(
        name="currency not checked",
        breaks="M5: spend in another currency is counted as the brand's",
        file=LEDGER,
        old="    if posting.currency is not None and posting.currency != currency:",
        new="    if False:",
        caught_by=("services/test_spending.py::test_another_currency_is_refused_never_converted",),
    ),
    Bug(
        name="no triggers",
        breaks="L1: raw SQL rewrites the ledger",
        file="services/audit/guard.py",
        old="    if not router.allow_migrate_model(alias, SpendRecord):\n        return\n",
        new="    return\n",
        caught_by=("integration/test_append_only.py::test_the_database_refuses_raw_sql",),
    ),
    Bug(
        name="no unique key",
        breaks="L2: the database takes a key twice",
        file="migrations/0003_ledger.py",
        old='fields=("brand", "idempotency_key")',
        new='fields=("brand", "idempotency_key", "id")',
        caught_by=("integration/test_keys.py::test_the_database_takes_no_key_twice",),
    ),
    Bug(
        name="key compared without case",
        breaks="L2: k1 and K1 are one key",
        file="services/spending/postings.py",
        old="    return key\n\n\ndef checked_text",
        new="    return key.lower()\n\n\ndef checked_text",
        caught_by=("integration/test_keys.py::test_keys_that_look_alike_are_different_keys_in_a_batch",),
    ),
    Bug(
        name="other content replayed",
        breaks="L2: a key sent again with another amount looks recorded",
        file=LEDGER,
        old="            _check_same(posting, self.known.get(brand_key) or self.new[brand_key].instance())",
        new="            pass",
        caught_by=("services/test_spending.py::test_a_key_with_other_content_is_refused",),
    ),
    Bug(
        name="replay of what is archived",
        breaks="L2: a key whose record was archived is recorded a second time",
        file=LEDGER,
        old="    if brand_key in self._archived:",
        new="    if False:",
        caught_by=("management/test_archive.py::TestAfterwards::test_an_old_key_is_never_recorded_twice",),
    ),
    Bug(
        name="no gate",
        breaks="L4: two decide at one moment, each by what the other has not written yet",
        file="services/gate.py",
        old="    if connection.features.has_select_for_update:",
        new="    if False:",
        caught_by=("integration/test_gate.py::test_the_gate_is_the_first_statement",),
        database="postgres",
    ),
    Bug(
        name="a delete takes its gates row by row",
        breaks="L4: rows of several brands that go together, and others' saves, deadlock",
        file="services/edits/saves.py",
        old="    if isinstance(origin, models.QuerySet) and issubclass(",
        new="    if not origin and issubclass(",
        caught_by=("integration/test_gate.py::test_a_delete_over_several_brands_takes_all_their_gates_first",),
        database="postgres",
    ),
    Bug(
        name="two gates unsorted",
        breaks="L4: batches over the same brands deadlock",
        file="services/gate.py",
        old="{condition} ORDER BY id",
        new="{condition} ORDER BY RANDOM()",
        caught_by=("integration/test_gate.py::test_the_gate_is_the_first_statement",),
        database="postgres",
    ),
    Bug(
        name="read, added, written",
        breaks="L4b: a total is read, added to and written by Python, without F() and without a gate",
        file=TOTALS,
        old="    try:\n        after = add_all(",
        new="    rows = [(o, *key, delta) for key, of in deltas.items() for o, delta in of.items()]\n"
        "    read = {(o, Period(p), d): t for o, p, d, t in _select(model, rows, alias)}\n"
        "    deltas = {key: {o: n + read.get((o, *key), 0) for o, n in of.items()} for key, of in deltas.items()}\n"
        "    try:\n        after = add_all(",
        also=(
            (
                TOTALS,
                'f"SET {spend} = {table}.{spend} + excluded.{spend}, {updated}',
                'f"SET {spend} = excluded.{spend}, {updated}',
            ),
            ("services/gate.py", "    if connection.features.has_select_for_update:", "    if False:"),
            ("services/spending/single.py", 'connection.vendor != "postgresql"', "True"),
        ),
        caught_by=("integration/test_batches.py::test_totals_rebuilt_by_many_beside_spends_are_mended_once",),
        database="postgres",
    ),
    Bug(
        name="a batch's double counted twice",
        breaks="L8: a key that comes twice in a batch counts twice in the totals",
        file=LEDGER,
        old="*_count(gate, new))",
        new="*_count(gate, new + new[: sum(plan.replayed)]))",
        caught_by=("services/test_spending.py::TestBatch::test_a_key_twice_in_one_batch_counts_once_or_is_an_error",),
    ),
    Bug(
        name="half a batch",
        breaks="L8: what is right in a batch is recorded although something is wrong",
        file=LEDGER,
        old="    if plan.errors:\n",
        new="    if plan.errors and not plan.new:\n",
        caught_by=("services/test_spending.py::TestBatch::test_all_or_nothing_with_errors_by_index",),
    ),
    Bug(
        name="correction unbounded",
        breaks="L6: corrections take back more than was spent",
        file=LEDGER,
        old="    if wanted > left:",
        new="    if wanted > original.amount:",
        caught_by=(
            "services/test_spending.py::TestCorrection::test_it_takes_back_on_the_original_day_and_no_more_than_was_spent",
        ),
    ),
    Bug(
        name="correction of today",
        breaks="L6: what is taken back counts today, not when it was spent",
        file="services/spending/recording.py",
        old="        at=original.spend_datetime,\n        day=original.spend_date,\n",
        new="        at=None,\n",
        caught_by=(
            "services/test_spending.py::TestCorrection::test_it_takes_back_on_the_original_day_and_no_more_than_was_spent",
        ),
    ),
    Bug(
        name="restatement counts corrections",
        breaks="L7: a platform's next total takes back what people corrected",
        file="services/spending/restating.py",
        old=".exclude(kind=Kind.CORRECTION)",
        new="",
        caught_by=(
            "services/test_spending.py::TestTotal::test_it_counts_what_the_source_has_posted_and_not_what_people_took_back",
        ),
    ),
    Bug(
        name="total of any source",
        breaks="L7: one platform's total takes back what another reported",
        file="services/spending/restating.py",
        old="        source=targets[0].source, spend_date__gte",
        new="        spend_date__gte",
        caught_by=(
            "services/test_spending.py::TestTotal::test_it_counts_what_the_source_has_posted_and_not_what_people_took_back",
        ),
    ),
    Bug(
        name="dry run that writes totals",
        breaks="L7: asking what would be posted posts it",
        file="services/spending/admission.py",
        old="        if dry_run:\n",
        new="        if False:\n",
        caught_by=("services/test_spending.py::TestTotal::test_many_totals_at_once_and_again",),
    ),
    Bug(
        name="verify ignores campaigns",
        breaks="L5: a campaign's total may say anything",
        file=AUDIT,
        old="    return [_difference(*row) for row in rows]",
        new='    return [_difference(*row) for row in rows if row[0] == "BRAND"]',
        caught_by=("services/test_reconciling.py::test_differences_are_found_to_the_micro_unit_and_mended",),
    ),
    Bug(
        name="rebuilt and not looked at",
        breaks="L5: totals are mended, and a campaign that they pause runs on",
        file=AUDIT,
        old="        evaluating.evaluate(gate, campaigns, Cause.REBUILD)\n",
        new="",
        caught_by=("management/test_verify_summaries.py::test_rebuild_sets_what_differs_and_evaluates",),
    ),
    Bug(
        name="archive without comparing",
        breaks="L1: records are removed though the file does not hold them",
        file="services/audit/archiving.py",
        old="    _compare(rows, part)\n",
        new="",
        caught_by=("management/test_archive.py::test_a_file_that_is_not_the_ledger_removes_nothing",),
    ),
)
