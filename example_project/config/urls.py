from __future__ import annotations

from agency.views import alive, overview
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", overview, name="overview"),
    path("healthz/", alive, name="alive"),
    path("admin/", admin.site.urls),
    path("api/", include("django_adbudget.api.urls")),
]
