from .import_spend import Command

__all__ = ["Command"]
