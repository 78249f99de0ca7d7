from __future__ import annotations

from ... import tasks
from ...rules import Period
from ..evaluation import PeriodsCommand


class Command(PeriodsCommand):
    help = (
        "Opens the local month that has begun for each brand, and evaluates what is due. "
        "No total changes, however often and whenever it runs."
    )

    sends = [tasks.reset_monthly_budgets]
    periods = (Period.MONTH,)
