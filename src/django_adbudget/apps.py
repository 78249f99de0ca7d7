from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AdBudgetConfig(AppConfig):
    name = "django_adbudget"
    label = "django_adbudget"
    verbose_name = _("Ad budgets")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks, receivers

        checks.register()
        receivers.connect()
