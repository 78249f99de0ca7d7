"""Composed reads: derived at the moment of asking, in a number of statements that does not grow (rule S6)."""
