"""Believable brands, campaigns, hours and spend, the same for the same seed number and instant."""
