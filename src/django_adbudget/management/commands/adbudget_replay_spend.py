from .replay_spend import Command

__all__ = ["Command"]
