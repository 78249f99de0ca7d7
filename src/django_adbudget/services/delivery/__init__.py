"""Orders taken to the ad platform, outside any transaction (rules D1, D2)."""
