"""The guitara command."""
