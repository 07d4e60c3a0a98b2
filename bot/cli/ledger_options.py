"""What the commands of `bot paper` share: the options, the ledger's name, how a ledger is shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.cli.console import parse_changes
from bot.core.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from bot.config import Config
    from bot.paper.ledgers import Status

LedgerOption = Annotated[str, typer.Option("--ledger", "-l", help="The ledger's name.")]
BrokerOption = Annotated[
    Literal["simulated", "testnet"] | None,
    typer.Option("--broker", help="Who fills orders; a ledger keeps the one it began with."),
]


def config_of(file: Path | None, set_: list[str] | None = None) -> Config:
    """The config of a command. Raises ConfigError."""

    from bot.config import load_config

    return load_config(file, parse_changes(set_))


def name_of(ledger: str) -> str:
    """A ledger's name, which is a file's too. Raises ConfigError."""
    if not ledger.replace("-", "").replace("_", "").isalnum() or len(ledger) > 40:
        raise ConfigError("is no name for a ledger", where="--ledger", expected="letters, digits, - and _", was=ledger)
    return ledger


def show(screen: Console, told: Status, **more: str) -> None:
    """Print where a ledger stands, with more lines by their names."""
    lines: dict[str, Any] = {
        "Ledger": f"{told.ledger} ({told.mode}), {told.broker}, since {told.begun}, epoch {told.epochs}",
        "Stage": f"{told.stage}: {told.why}",
        "Equity": f"{float(told.equity):,.2f} at the close of {told.valued}" if told.valued else "not valued yet",
        "Cash": f"{float(told.cash):,.2f}",
        "Holds": ", ".join(f"{quantity} {symbol}" for symbol, quantity in told.holdings.items()) or "no coin",
        "Open": f"{told.open_orders} order(s)",
        "Head": told.head,
        **more,
    }
    if told.testnet:
        moved = ", ".join(f"{asset} {amount}" for asset, amount in told.testnet.items())
        lines["Testnet"] = f"{moved} (play money at the testnet's own prices, no part of the equity)"
    if told.unknown:
        lines["Unclear"] = f"{', '.join(told.unknown)} changed on the testnet account; nothing is bought until: " + (
            f"bot paper acknowledge --ledger {told.ledger}"
        )
    for name, value in lines.items():
        screen.print(f"{name:8} {value}", markup=False, soft_wrap=True)
    screen.print("Paper only, not advice: no real order was placed.", markup=False)
