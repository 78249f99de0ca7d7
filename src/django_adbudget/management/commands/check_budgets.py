from __future__ import annotations

from ... import tasks
from ..evaluation import ReconcileCommand


class Command(ReconcileCommand):
    help = "Evaluates every campaign, budgets and dayparting alike, and writes what differs (a sweep)."

    sends = [tasks.update_campaign_status]
    due_only = False
