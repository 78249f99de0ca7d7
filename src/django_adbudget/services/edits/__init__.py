"""What people change: one evaluation at the end, previews before, many rows at once (rules S1, S4)."""
