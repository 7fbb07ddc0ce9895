"""The database console."""
