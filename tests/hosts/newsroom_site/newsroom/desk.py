"""Its own admin site, which takes the place of Django's."""

from __future__ import annotations

from django.contrib.admin import AdminSite


class Desk(AdminSite):
    site_header = "Newsroom desk"
