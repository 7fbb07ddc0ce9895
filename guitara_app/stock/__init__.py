"""What therapists carry."""
