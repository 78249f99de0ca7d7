"""Thresholds and forecasts, told once, and brought to people (rule D4)."""

from .sending import AlertsSent, send_alerts

__all__ = ["AlertsSent", "send_alerts"]
