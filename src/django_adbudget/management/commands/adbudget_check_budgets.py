from .check_budgets import Command

__all__ = ["Command"]
