"""Measures the figures the product promises, on data of the size it promises them for."""
