"""Benchmark of the user's own: a coin that is held, or the strategy of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.core.decision import Decision
from bot.core.errors import ConfigError, did_you_mean
from bot.core.market import Market
from bot.core.ports import Strategy
from bot.data.demo.generator import PREFIX as DEMO_PREFIX
from bot.services.plans import whole_plan
from bot.services.strategy_file import strategy_path
from bot.services.user_strategy import load_strategy
from bot.settings.loader import Config
from strategies.benchmarks import held


@dataclass(frozen=True)
class OwnBenchmark:
    """Decisions of the user's benchmark on the whole history of a market.

    `name` is that of the benchmark in files: `own_` and the coin or the file. `coins` are those that it holds until its
    end; empty for a file, whose holdings are settled as those of the strategy. `strategy` is that of the file.
    """

    name: str
    decisions: Sequence[Decision]
    coins: tuple[str, ...] = ()
    strategy: Strategy | None = None


def own_benchmark(config: Config, market: Market) -> OwnBenchmark | None:
    """Make the benchmark that `benchmarks.own` names, if it names one.

    Raises ConfigError for a coin that the market lacks, and for a file that is missing or fails.
    """
    own = config.benchmarks.own
    if own is None:
        return None
    if own.endswith(".py"):
        strategy = load_strategy(strategy_path(Path(own)), {}, partial(whole_plan, config))
        return OwnBenchmark(f"own_{Path(own).stem}", strategy.decisions(market), strategy=strategy)
    coin = next((symbol for symbol in (own, DEMO_PREFIX + own) if symbol in market), None)
    if coin is None or not market[coin].kind.may_be_held:
        held_ones = [symbol for symbol in market if market[symbol].kind.may_be_held]
        mend = did_you_mean(own, held_ones) or "name a coin of this market, or a strategy file that ends in .py"
        raise ConfigError(f"{own} is no coin of market {market.name}", where="benchmarks.own", mend=mend)
    return OwnBenchmark(f"own_{coin}", held(market, coin), (coin,))
