"""Define `bot check`: look-ahead, warm-up, reproducibility and purity of a strategy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    MarketOption,
    console,
    end_with,
    market_line,
    require_one_market,
)
from bot.core.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from bot.backtest.check.check_result import StrategyVerdict
    from bot.settings.loader import Config

_ROTATION = "rotation"


def check(
    strategy_file: Annotated[str, typer.Argument(help="A strategy file, or `rotation`.")],
    quick: Annotated[bool, typer.Option("--quick", help="Check a sample of the days.")] = False,
    data_dir: DataDirOption = None,
    market: MarketOption = "auto",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a strategy for look-ahead, warm-up, reproducibility and purity.

    It names the first day, reading or line at fault. Exit code 2 if the strategy fails.

    Example: bot check strategies/examples/eth_trend.py --market demo
    """
    from bot.backtest.check.check_days import FULL, QUICK
    from bot.backtest.check.full_check import check_in_full
    from bot.services.markets import chosen, open_market

    require_one_market(market, data_dir)
    screen = console(to_error=as_json)
    resolved = _config_of(strategy_file, config)
    screen.print(market_line(chosen(resolved, data_dir, market)), markup=False, soft_wrap=True)
    found_market = open_market(resolved, data_dir, market)
    with _progress(screen) as advance:
        verdict = check_in_full(
            resolved,
            found_market,
            QUICK if quick else FULL,
            announce=lambda sentence: screen.print(sentence, markup=False, soft_wrap=True),
            advance=advance,
        )
    _show(screen, verdict)
    failed = [part.name for part in verdict.parts if part.findings]
    error = None if verdict.passes else ConfigError(f"the strategy fails: {', '.join(failed)}", where=strategy_file)
    end_with(error, as_json, verdict.to_dict())


def _config_of(strategy_file: str, config: Path | None) -> Config:
    """Load a config with the strategy to check; its parameters are kept if it names the same file."""
    from bot.services.strategy_file import strategy_path
    from bot.settings.loader import load_config

    if strategy_file == _ROTATION:
        return load_config(config, {"strategy": {"name": _ROTATION, "file": None}})
    path = strategy_path(Path(strategy_file))
    own = load_config(config).strategy
    is_same = own.file is not None and strategy_path(own.file).resolve() == path.resolve()
    if is_same:
        return load_config(config, {"strategy": {"file": str(path)}})
    # A merge would keep the parameters of the other strategy.
    resolved = load_config(config)
    return resolved.model_copy(
        update={"strategy": own.model_copy(update={"name": None, "file": path, "parameters": {}})}
    )


@contextmanager
def _progress(screen: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function that shows the days of a part that are done. A terminal shows a progress bar."""
    from rich.progress import Progress

    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task("Asking the strategy", total=None)

        def advance(name: str, done: int, total: int) -> None:
            progress.update(task, description=f"Checking {name}", completed=done, total=total)

        yield advance


def _show(screen: Console, verdict: StrategyVerdict) -> None:
    from rich import box
    from rich.table import Table

    table = Table("Check", "Result", "Checked", box=box.SIMPLE_HEAD, pad_edge=False)
    for part in verdict.parts:
        table.add_row(part.name, part.state, part.sentence)
    screen.print(table)
    for part in verdict.parts:
        for finding in part.findings:
            screen.print(f"{part.name}: {finding.sentence}", markup=False, soft_wrap=True)
    for sentence in verdict.unchecked:
        screen.print(f"Not checked: {sentence}.", markup=False, soft_wrap=True)
    screen.print(verdict.line, markup=False, soft_wrap=True)
