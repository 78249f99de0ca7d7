"""How orders reach an ad platform (rule D1). A host writes a ``PlatformBackend`` for each platform it buys from."""

from __future__ import annotations

from django.utils.module_loading import import_string

from ..conf import app_settings
from .base import Observation, Order, OrderResult, PlatformBackend
from .console import ConsoleBackend
from .recording import RecordedPlatform, RecordingBackend, recording
from .webhook import WebhookBackend

__all__ = [
    "ConsoleBackend",
    "LoggingBackend",
    "Observation",
    "Order",
    "OrderResult",
    "PlatformBackend",
    "RecordedPlatform",
    "RecordingBackend",
    "WebhookBackend",
    "get_backend",
    "recording",
]

#: What the default was called first.
LoggingBackend = ConsoleBackend


def get_backend() -> PlatformBackend:
    """The backend that the setting ``PLATFORM_BACKEND`` names. Raises ``ImportError`` if there is none."""
    config = app_settings.PLATFORM_BACKEND
    backend: PlatformBackend = import_string(config["BACKEND"])(**config.get("OPTIONS", {}))
    return backend
