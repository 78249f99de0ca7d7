"""Bugs in the API and the admin."""

from __future__ import annotations

from .bug import Bug

DOORS = (
    Bug(
        name="tenant filter dropped on one endpoint",
        breaks="a tenant corrects another's spend",
        file="api/access.py",
        old="    rows = only_visible(SpendRecord.objects.all(), request).select_related",
        new="    rows = SpendRecord.objects.all().select_related",
        caught_by=("api/test_access.py::test_a_tenant_and_what_is_somebody_elses",),
    ),
    Bug(
        name="tenant filter dropped on one admin page",
        breaks="a tenant records spend on another's campaign",
        file="admin/spending.py",
        old='        campaigns = only_visible(Campaign._default_manager.select_related("brand"), request)',
        new='        campaigns = Campaign._default_manager.select_related("brand")',
        caught_by=("admin/test_permissions.py::test_what_is_anothers_answers_as_what_does_not_exist",),
    ),
    Bug(
        name="tenant filter dropped on the admin's lists",
        breaks="a tenant sees another's rows",
        file="admin/visibility.py",
        old="        return only_visible(super().get_queryset(request), request)",
        new="        return super().get_queryset(request)",
        caught_by=("admin/test_permissions.py::test_no_page_names_what_is_anothers",),
    ),
    Bug(
        name="a token that never expires",
        breaks="a token opens the API after its last day",
        file="services/access/tokens.py",
        old="[instants[0], digest, instants[1]]",
        new='[instants[0], digest, "1970-01-01 00:00:00"]',
        caught_by=("api/test_access.py::TestToken::test_opens_until_it_expires",),
    ),
    Bug(
        name="permission not asked",
        breaks="whoever may log in records spend",
        file="api/access.py",
        old="    if user is None or not has_permission(user, permission):",
        new="    if user is None:",
        caught_by=("api/test_access.py::test_a_user_without_the_permission",),
    ),
    Bug(
        name="CSV cell not escaped",
        breaks="a campaign's name is a formula in the spreadsheet of whoever downloads it",
        file="admin/csv_cells.py",
        old="        return safe_text(value)",
        new="        return value",
        caught_by=("admin/test_actions.py::test_campaigns_are_exported_with_their_figures",),
    ),
    Bug(
        name="thousands that begin with a zero",
        breaks="a report's 0,123 is a hundred and twenty-three",
        file="importers/numbers.py",
        old='    thousands = rf"[1-9][0-9]{{0,2}}(?P<sep>',
        new='    thousands = rf"[0-9]{{1,3}}(?P<sep>',
        caught_by=("importers/test_cells.py::test_amounts",),
    ),
    Bug(
        name="admin change without actor",
        breaks="S7: nobody can tell who raised the budget",
        file="admin/editing.py",
        old="services.editing(actor=request.user.get_username())",
        new="services.editing()",
        caught_by=("admin/test_editing.py::test_a_form_with_its_windows_is_evaluated_once_under_the_users_name",),
    ),
    Bug(
        name="a task without a key",
        breaks="D5: a message that is delivered twice counts twice",
        file="tasks.py",
        old="    if idempotency_key is None:\n",
        new="    if False:\n",
        caught_by=("test_tasks.py::test_record_spend_takes_json_and_requires_a_key",),
    ),
)
