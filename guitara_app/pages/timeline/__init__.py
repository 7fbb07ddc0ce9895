"""Everybody's evenings side by side along the clock, where visits and trips are moved by hand."""

from guitara_app.pages.timeline import page

__all__ = ["page"]
