from .simulate_spend import Command

__all__ = ["Command"]
