"""Visits: booking them, the people on them, and how they move from a call to a payment."""
