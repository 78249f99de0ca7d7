from __future__ import annotations

pytest_plugins = ["django_adbudget.testing.plugin"]
