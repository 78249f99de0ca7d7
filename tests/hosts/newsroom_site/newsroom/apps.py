from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class NewsroomConfig(AppConfig):
    name = "newsroom"

    def ready(self) -> None:
        from . import receivers

        receivers.connect()


class DeskConfig(AdminConfig):
    default_site = "newsroom.desk.Desk"
