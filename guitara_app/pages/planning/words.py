"""Words of the pages of the plan."""

REASONS = ["Client asked", "Therapist cannot", "Evens out the evening", "Booked wrong"]
"""Why visits are moved, to fill in with one tap."""
