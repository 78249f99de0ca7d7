"""Empty: what tests put into settings as objects gets its dotted path here."""
