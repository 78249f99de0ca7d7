from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("desk/", admin.site.urls),
    path("budget/", include("django_adbudget.api.urls")),
]
