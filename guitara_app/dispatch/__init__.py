"""Who goes, and who drives."""
