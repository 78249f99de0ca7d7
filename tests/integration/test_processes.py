"""Four processes write one SQLite file, in WAL mode with IMMEDIATE transactions, as the example site's do."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from django_adbudget.models import SpendRecord, StatusChange
from tests.factories import make_brand, make_campaign

from .books import check_books
from .spender import SHARED_KEYS, SPENDS

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = 4
DISTINCT = SHARED_KEYS + PROCESSES * (SPENDS - SHARED_KEYS)


@pytest.mark.sqlite
@pytest.mark.integration
@pytest.mark.django_db(transaction=True)
def test_processes_share_a_file() -> None:
    """Rules L2, L4, L5: nobody is told that the database is locked, and every key counts once."""
    brand = make_brand()
    campaigns = [make_campaign(brand, total_budget=2) for _ in range(3)]
    command = [sys.executable, "-m", "tests.integration.spender", str(connection.settings_dict["NAME"])]
    with ExitStack() as stack:
        spenders = [
            stack.enter_context(
                subprocess.Popen(
                    [*command, str(number), *(str(campaign.pk) for campaign in campaigns)],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for number in range(PROCESSES)
        ]
        for spender in spenders:
            assert spender.stdout is not None
            assert spender.stdout.readline() == "ready\n"
        for spender in spenders:
            assert spender.stdin is not None
            spender.stdin.write("go\n")
            spender.stdin.flush()
        errors = [spender.communicate()[1] for spender in spenders]
    assert errors == [""] * PROCESSES
    assert [spender.returncode for spender in spenders] == [0] * PROCESSES
    assert SpendRecord.objects.count() == DISTINCT
    assert SpendRecord.objects.total() == Decimal(DISTINCT) / 10
    assert StatusChange.objects.filter(to_status="PAUSED_BUDGET").count() == len(campaigns)
    check_books(timezone.now())
