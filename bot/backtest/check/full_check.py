"""Check a strategy in full: every part, in an order in which each fault has its own name."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bot.backtest.check.check_days import CheckSize, check_days, chosen_days
from bot.backtest.check.check_result import CheckPart, StrategyVerdict
from bot.backtest.check.fresh_process import HashSeed, ProcessAnswer, answers_of_processes
from bot.backtest.check.impurity import written_clocks
from bot.backtest.check.later_rows import Advance
from bot.backtest.check.reproducible import check_here, check_processes, part_of
from bot.backtest.check.strategy_answer import MakeStrategy, ask
from bot.backtest.check.subject import Subject
from bot.core.market import Market
from bot.core.ports import Simulated
from bot.services.plans import build_strategy
from bot.services.strategy_file import strategy_path
from bot.services.user_strategy import load_strategy
from bot.settings.loader import Config

PURE = "purity"


_LEAST_TIMEOUT, _TIMES_SLOWER = 120.0, 50.0
"""Least seconds of a new process, and how many times slower than here its answer may be."""


def check_in_full(
    config: Config,
    market: Market,
    size: CheckSize,
    announce: Callable[[str], object] = lambda sentence: None,
    advance: Advance = lambda name, done, total: None,
) -> StrategyVerdict:
    """Check the strategy of a config on a market.

    Parameters
    ----------
    config
        Names the strategy and its parameters.
    market
        The whole history.
    size
        `FULL` or `QUICK` of `check_days`.
    announce
        Called with a sentence that estimates the time, before the long parts.
    advance
        Called with the name of a part, its days that are done, and all of its days.

    Raises
    ------
    ConfigError
        If the strategy cannot decide on the whole history.
    """
    make = _maker(config)
    asked = make()
    began = time.perf_counter()
    subject = Subject(make, market, ask(asked, market), time.perf_counter() - began)
    days = chosen_days(subject, size)
    announce(days.estimate())
    here = check_here(subject, asked)
    with tempfile.TemporaryDirectory(prefix="bot-check-") as folder:
        ask_new = partial(_ask_processes, Path(folder), subject)
        watched, *others = ask_new([HashSeed(seed, is_watched=i == 0) for i, seed in enumerate(size.seeds)])
        found = [here] if here is not None else []
        if not found and (new := check_processes(subject, [watched, *others], ask_new)) is not None:
            found.append(new)
    parts = [part_of(found, size.seeds), purity(config, watched)]
    # A decision by chance changes when rows are removed, too, but reads no later row.
    if here is not None:
        left_out = "look-ahead, poison and warm-up: a strategy that is not reproducible changes its decisions anyway"
        return StrategyVerdict(asked.name, parts, (left_out,))
    return StrategyVerdict(asked.name, [*check_days(subject, days, advance), *parts], days.unchecked)


def _ask_processes(folder: Path, subject: Subject, processes: Sequence[HashSeed]) -> list[ProcessAnswer]:
    timeout = max(_LEAST_TIMEOUT, _TIMES_SLOWER * subject.seconds)
    return [only for (only,) in answers_of_processes(folder, [subject.make], subject.market, processes, timeout)]


def _maker(config: Config) -> MakeStrategy:
    """Return a function that makes the strategy of a config, and that a new process can load by itself."""
    if config.strategy.file is None:
        return partial(build_strategy, config)
    file, parameters = strategy_path(config.strategy.file), config.strategy.parameters
    # A daily strategy decides in a book, whose costs are the config's; others load faster without it.
    if isinstance(load_strategy(file, parameters), Simulated):
        return partial(build_strategy, config)
    return partial(load_strategy, file, parameters)


def purity(config: Config, watched: ProcessAnswer) -> CheckPart:
    """Return the part with each use of a file, the network, a process, a clock or chance, by its place."""
    seen = list(watched.impurities)
    if config.strategy.file is not None:
        seen += [
            clock
            for clock in written_clocks(strategy_path(config.strategy.file))
            if clock.line not in {i.line for i in seen}
        ]
    findings = tuple(impurity.finding() for impurity in sorted(seen))
    return CheckPart(PURE, "files, network, processes, clocks and chance without a seed, while deciding", findings)
