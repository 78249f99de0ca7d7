from __future__ import annotations

from django.contrib import admin
from django.urls import path

from .admin import office

urlpatterns = [path("office/", office.urls), path("admin/", admin.site.urls)]
