"""Thresholds and forecasts, told once, and brought to people (rule D4)."""
