"""People who work here: accounts, roles, sessions, and the one permission table."""
