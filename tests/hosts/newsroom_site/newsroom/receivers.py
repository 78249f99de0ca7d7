from __future__ import annotations

from typing import Any

from django_adbudget.signals import campaign_paused


def note_pause(campaign: Any, change: Any, **kwargs: Any) -> None:
    from .models import Note

    Note.objects.create(text=f"{campaign.name}: {change.to_status}")


def connect() -> None:
    campaign_paused.connect(note_pause, dispatch_uid="newsroom.note_pause")
