"""Register the lists of `bot review`: trades, decisions, orders, episodes, equity."""

from __future__ import annotations

import typer

from bot.cli.review.decisions_command import decisions
from bot.cli.review.episodes_command import episodes
from bot.cli.review.equity_command import equity
from bot.cli.review.orders_command import orders
from bot.cli.review.trades_command import trades

lists = typer.Typer()
for command in (trades, decisions, orders, episodes, equity):
    lists.command()(command)
