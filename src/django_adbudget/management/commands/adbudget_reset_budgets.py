from .reset_budgets import Command

__all__ = ["Command"]
