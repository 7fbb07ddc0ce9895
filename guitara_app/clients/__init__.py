"""The people who phone."""
