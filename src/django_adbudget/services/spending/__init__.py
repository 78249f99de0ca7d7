"""The way in for money: records, totals and what they touch, under the gate (rules M1-M5, L2-L8)."""
