from .verify_summaries import Command

__all__ = ["Command"]
