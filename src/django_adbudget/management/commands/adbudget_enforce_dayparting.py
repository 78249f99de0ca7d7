from .enforce_dayparting import Command

__all__ = ["Command"]
