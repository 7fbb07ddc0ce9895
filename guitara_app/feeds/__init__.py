"""The own jobs in the calendar of one's own phone: a private address that calendar programs read."""
