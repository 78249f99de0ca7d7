from .seed_data import Command

__all__ = ["Command"]
