"""Define the group `bot paper` of all its commands."""

from __future__ import annotations

from bot.cli.paper.anchor_command import anchors
from bot.cli.paper.ledger_commands import ledgers
from bot.cli.paper.paper_commands import paper

paper.add_typer(ledgers)
paper.add_typer(anchors)
