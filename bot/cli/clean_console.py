"""Console that removes control characters from the texts that it prints."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from bot.core.text import printable

_LEAST_COLUMNS = 20
"""Columns of the narrowest output."""


class CleanConsole(Console):
    """Console of every command. Texts from outside move no cursor, set no title and reverse no line.

    Each piece of text passes here after its layout and before its colours, whichever table or panel it stands in.
    """

    def __init__(self, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False)
        # COLUMNS may be 0 or 1: tables then have a letter a line, and texts cannot be wrapped at all.
        self.width = max(self.width, _LEAST_COLUMNS)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the pieces of a text or table, with control characters and direction marks replaced by spaces."""
        for segment in super().render(renderable, options):
            is_clean = segment.control is not None or segment.text.isprintable()
            yield segment if is_clean else segment._replace(text=printable(segment.text, kept="\n"))
