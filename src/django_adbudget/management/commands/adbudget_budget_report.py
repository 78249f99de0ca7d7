from .budget_report import Command

__all__ = ["Command"]
