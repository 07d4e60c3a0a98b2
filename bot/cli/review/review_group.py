"""Define the group `bot review` of all its commands."""

from __future__ import annotations

from bot.cli.review.compare_commands import comparing
from bot.cli.review.integrity_commands import files
from bot.cli.review.list_commands import lists
from bot.cli.review.review_commands import review

review.add_typer(lists)
review.add_typer(files)
review.add_typer(comparing)
