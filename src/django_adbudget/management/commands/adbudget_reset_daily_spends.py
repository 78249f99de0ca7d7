from .reset_daily_spends import Command

__all__ = ["Command"]
