from __future__ import annotations

from django.apps import AppConfig


class AgencyConfig(AppConfig):
    name = "agency"
    verbose_name = "Agency"

    def ready(self) -> None:
        from django_adbudget import signals

        from . import receivers

        signals.campaign_paused.connect(receivers.note_pause, dispatch_uid="agency.note_pause")
        signals.campaign_activated.connect(receivers.note_return, dispatch_uid="agency.note_return")
