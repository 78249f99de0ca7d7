from .reset_monthly_spends import Command

__all__ = ["Command"]
