"""Shared by the commands of `bot paper`: options, ledger names, and the output of a ledger's status."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.complete_names import complete_ledgers
from bot.cli.console import parse_changes
from bot.core.errors import ConfigError
from bot.core.plural import counted
from bot.report.names import stage_code
from bot.report.numbers import cents, quantity, to_ascii

if TYPE_CHECKING:
    from rich.console import Console

    from bot.paper.ledgers import LedgerStatus
    from bot.report.labels import Labels
    from bot.settings.loader import Config

LedgerOption = Annotated[
    str, typer.Option("--ledger", "-l", help="The ledger's name.", autocompletion=complete_ledgers)
]
BrokerOption = Annotated[
    Literal["simulated", "testnet"] | None,
    typer.Option("--broker", help="Broker that fills orders; a ledger keeps its first one."),
]
_WIDTH = 80
"""Columns of a line."""


def config_of(file: Path | None, set_: list[str] | None = None) -> Config:
    """Load the config of a command. Raises ConfigError."""
    from bot.settings.loader import load_config

    return load_config(file, parse_changes(set_))


def name_of(ledger: str) -> str:
    """Return a valid ledger name. Raises ConfigError."""
    # The name becomes a file name: letters that lead out of the folder are refused.
    if not re.fullmatch("[A-Za-z0-9_-]{1,40}", ledger):
        expected = "at most 40 of A-Z, a-z, 0-9, - and _"
        raise ConfigError("is no valid ledger name", where="--ledger", expected=expected, was=ledger)
    return ledger


def line_printer(screen: Console) -> Callable[[str], None]:
    """Return a function that prints a line as it is, unwrapped."""
    return partial(screen.print, markup=False, soft_wrap=True)


def show(screen: Console, status: LedgerStatus, config: Config, **more: str) -> None:
    """Print the status of a ledger, with more lines by their names."""
    from bot.paper.ledgers import labels_of_ledger

    labels = labels_of_ledger(config, status.strategy)
    stage = stage_code(status.stage, labels)
    equity = to_ascii(cents(status.equity))
    when = f"the close of {status.valued}" if status.valued else "the prices paid, before the first close"
    lines: dict[str, str] = {
        "Ledger": f"{status.ledger} ({status.mode}), {status.broker}, since {status.begun}, epoch {status.epochs}",
        **({} if labels.is_rotation else {"Strategy": labels.strategy.title}),
        "Stage": f"{stage}: {status.why}" if status.stage else status.why,
        "Equity": f"{equity} at {when}" if status.valued or status.holdings else "not valued yet",
        **_beside(status, labels),
        "Cash": to_ascii(cents(status.cash)),
        "Holds": ", ".join(f"{quantity(held)} {symbol}" for symbol, held in status.holdings.items()) or "no coin",
        "Open": counted(status.open_orders, "order"),
        "Head": f"{status.rows}:{status.head}",
        **more,
    }
    if status.testnet:
        moved = ", ".join(f"{asset} {quantity(amount)}" for asset, amount in status.testnet.items())
        lines["Testnet"] = f"{moved} (play money at the testnet's own prices, no part of the equity)"
    if status.unknown:
        lines["Unclear"] = f"{', '.join(status.unknown)} changed on the testnet account; nothing is bought until: " + (
            f"bot paper acknowledge --ledger {status.ledger}"
        )
    for name in {"Beside", "Luck", "Interest", "Holds", "Testnet"} & lines.keys():  # may be long
        lines[name] = fill(lines[name], _WIDTH - 9, break_on_hyphens=False).replace("\n", "\n" + " " * 9)
    for name, value in lines.items():
        screen.print(f"{name:8} {value}", markup=False, soft_wrap=True)
    screen.print("Paper only, not advice: no real order was placed.", markup=False)


def _beside(status: LedgerStatus, labels: Labels) -> dict[str, str]:
    """Return the lines that set the ledger beside its benchmarks and beside random timing."""
    from bot.report.numbers import growth

    if status.beside is None:
        return {}
    table, luck = status.beside.table(labels), status.beside.luck()
    own = f"ledger {growth(status.beside.own)}"
    beside = ". ".join(filter(None, ["; ".join(filter(None, [own, table])), status.beside.missing().rstrip(".")]))
    interest = status.beside.idle_cash(labels)
    return {
        "Beside": to_ascii(beside),
        **({"Luck": to_ascii(f"the ledger {luck}")} if luck else {}),
        **({"Interest": to_ascii(interest)} if interest else {}),
    }
