"""The pictures of the guides and of the README, which ``python -m docs.screenshots`` takes into ``assets/help``."""

from __future__ import annotations

from typing import NamedTuple

THEMES = ("light", "dark")

DESK = (1280, 800)
PHONE = (390, 844)


class Picture(NamedTuple):
    """What is to be seen: a page as ``username`` of the demo firm sees it, once ``shows`` is there.

    ``size`` is that of the window and the picture, in CSS pixels.
    """

    name: str
    username: str
    path: str
    shows: str
    size: tuple[int, int] = DESK

    @property
    def narrow(self) -> bool:
        """Taken on a phone."""
        return self.size == PHONE

    def file(self, theme: str) -> str:
        """Its file in ``assets/help``."""
        return f"{self.name}-{theme}.webp"

    def address(self, theme: str) -> str:
        """Where the pages find it."""
        return f"/help/{self.file(theme)}"


PICTURES = {
    picture.name: picture
    for picture in (
        Picture("board", "ana", "/board", ".card"),
        Picture("booking", "ana", "/board?book=1", ".booking"),
        Picture("therapist", "liza", "/tonight", ".job", PHONE),
        Picture("driver", "edgar", "/tonight", ".tonight", PHONE),
        Picture("timeline", "marga", "/timeline", ".tl-block"),
        Picture("settings", "ramon", "/settings", ".settings-field"),
    )
}
