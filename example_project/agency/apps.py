from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class AgencyConfig(AppConfig):
    name = "agency"
    verbose_name = "Agency"

    def ready(self) -> None:
        from config import telemetry

        from django_adbudget import signals

        from . import receivers

        destination = getattr(settings, "TELEMETRY", "")
        if destination:
            telemetry.set_up(destination)

        signals.campaign_paused.connect(receivers.note_pause, dispatch_uid="agency.note_pause")
        signals.campaign_activated.connect(receivers.note_return, dispatch_uid="agency.note_return")
