"""What the commands of `bot paper` share: the options, the ledger's name, how a ledger is shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.cli.console import parse_changes
from bot.core.errors import ConfigError
from bot.report.numbers import cents, quantity, to_ascii

if TYPE_CHECKING:
    from rich.console import Console

    from bot.paper.ledgers import LedgerStatus
    from bot.settings.loader import Config

LedgerOption = Annotated[str, typer.Option("--ledger", "-l", help="The ledger's name.")]
BrokerOption = Annotated[
    Literal["simulated", "testnet"] | None,
    typer.Option("--broker", help="Who fills orders; a ledger keeps the one it began with."),
]
_WIDTH = 80
"""Columns of a line."""


def config_of(file: Path | None, set_: list[str] | None = None) -> Config:
    """The config of a command. Raises ConfigError."""

    from bot.settings.loader import load_config

    return load_config(file, parse_changes(set_))


def name_of(ledger: str) -> str:
    """A ledger's name, which is a file's too. Raises ConfigError."""
    if not re.fullmatch("[A-Za-z0-9_-]{1,40}", ledger):
        expected = "at most 40 of A-Z, a-z, 0-9, - and _"
        raise ConfigError("is no name for a ledger", where="--ledger", expected=expected, was=ledger)
    return ledger


def sayer(screen: Console) -> Callable[[str], None]:
    """Prints text as it is."""
    return partial(screen.print, markup=False, soft_wrap=True)


def show(screen: Console, told: LedgerStatus, **more: str) -> None:
    """Print where a ledger stands, with more lines by their names."""
    lines: dict[str, Any] = {
        "Ledger": f"{told.ledger} ({told.mode}), {told.broker}, since {told.begun}, epoch {told.epochs}",
        "Stage": f"{told.stage}: {told.why}" if told.stage else told.why,
        "Equity": f"{to_ascii(cents(told.equity))} at the close of {told.valued}" if told.valued else "not valued yet",
        "Cash": to_ascii(cents(told.cash)),
        "Holds": ", ".join(f"{quantity(held)} {symbol}" for symbol, held in told.holdings.items()) or "no coin",
        "Open": f"{told.open_orders} order(s)",
        "Head": told.head,
        **more,
    }
    if told.testnet:
        moved = ", ".join(f"{asset} {quantity(amount)}" for asset, amount in told.testnet.items())
        lines["Testnet"] = f"{moved} (play money at the testnet's own prices, no part of the equity)"
    if told.unknown:
        lines["Unclear"] = f"{', '.join(told.unknown)} changed on the testnet account; nothing is bought until: " + (
            f"bot paper acknowledge --ledger {told.ledger}"
        )
    for name in {"Holds", "Testnet"} & lines.keys():  # as many coins as there are
        lines[name] = fill(lines[name], _WIDTH - 9, break_on_hyphens=False).replace("\n", "\n" + " " * 9)
    for name, value in lines.items():
        screen.print(f"{name:8} {value}", markup=False, soft_wrap=True)
    screen.print("Paper only, not advice: no real order was placed.", markup=False)
