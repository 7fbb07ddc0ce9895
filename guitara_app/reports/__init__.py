"""Figures over ranges of evenings."""
