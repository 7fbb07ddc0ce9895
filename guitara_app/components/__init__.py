"""The design system and shared parts of pages."""
