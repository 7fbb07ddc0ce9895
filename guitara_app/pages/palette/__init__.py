"""The search that opens over every page of the desk."""

from guitara_app.pages.palette.view import search_palette

__all__ = ["search_palette"]
