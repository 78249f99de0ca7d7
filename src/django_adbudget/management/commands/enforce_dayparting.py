from __future__ import annotations

from ... import tasks
from ..evaluation import ReconcileCommand


class Command(ReconcileCommand):
    help = "Evaluates the campaigns whose next window, day, month or flight has come (a tick)."

    sends = [tasks.check_campaign_dayparting]
    due_only = True
