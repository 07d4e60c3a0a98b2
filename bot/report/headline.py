"""What a report says first: the result in one sentence, and everything that speaks against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.report import numbers
from bot.report.contents import Contents
from bot.report.settings import settings


def sentence(contents: Contents) -> str:
    """The result, in one sentence."""
    summary = contents.summary
    own, eth, btc = summary["strategy"], summary["eth"], summary["btc"]
    run = settings(contents)
    lead = "In a synthetic market without any lead, from" if contents.is_demo else "From"
    return (
        f"{lead} {summary['start']} to {summary['end']} the strategy turned "
        f"{numbers.money(run.start_equity)} {run.quote} into "
        f"{numbers.money(own['final_equity'])} ({numbers.growth(own['total_return'])}), at worst "
        f"{_fall(own)} below its peak; holding ETH gave {numbers.growth(eth['total_return'])} (at worst {_fall(eth)} "
        f"below) and holding BTC {numbers.growth(btc['total_return'])} ({_fall(btc)}); the result rests on "
        f"{_confirmed(summary['episodes'])} and {_place(own['total_return'], summary['random_timing'])}."
    )


def caveats(contents: Contents) -> list[str]:
    """What a reader has to know before any figure."""
    episodes = contents.summary["episodes"]
    return [
        *(_DEMO if contents.is_demo else ()),
        "Paper only, not advice: no order of this run was ever sent to a market.",
        f"Few episodes prove nothing: {_confirmed(episodes)} are too few to tell skill from luck, whichever way "
        "the result points.",
        *(() if contents.is_demo else (_RETROSPECTIVE,)),
        f"Costs are assumed, not measured: {_costs(settings(contents).costs)}.",
        *(() if contents.is_demo else (_SURVIVORSHIP,)),
    ]


_DEMO = (
    "Nothing here happened: prices, dates and coins are made from a seed, to show how the instrument works. It "
    "says nothing about real markets, for or against the idea.",
)
_RETROSPECTIVE = (
    "In-sample and in retrospect: the rules were written by people who already knew these years; the future is "
    "under no duty to resemble them."
)
_SURVIVORSHIP = (
    "Survivorship: altcoins that vanished without leaving data are missing from the folder, which flatters every "
    "result that holds altcoins."
)


def _fall(figures: Mapping[str, Any]) -> str:
    return numbers.percent(-float(figures["max_drawdown"]))


def _confirmed(episodes: Mapping[str, int]) -> str:
    total = episodes.get("total", 0)
    return f"{episodes.get('confirmed', 0)} confirmed of {total} breakout{'' if total == 1 else 's'}"


def _place(total_return: float, luck: Mapping[str, float]) -> str:
    """Where the result stands among random timings of the same exposure."""
    low, median, high = (luck[f"total_return_{p}"] for p in (5, 50, 95))
    if total_return < low:
        return "lies below the 5th percentile of random timing, worse than nearly all luck"
    if total_return > high:
        return "lies above the 95th percentile of random timing, which so few episodes cannot tell from luck"
    ends = ("5th percentile and the median" if total_return < median else "median and the 95th percentile")  # fmt: skip
    return f"lies between the {ends} of random timing, where luck alone would put it"


def _costs(costs: Mapping[str, Any]) -> str:
    slippage = costs["slippage"]
    tiers = " / ".join(f"{_points(slippage[tier])}" for tier in ("major", "large", "other"))
    return (
        f"a fee of {_points(costs['fee'])} bp and slippage of {tiers} bp (BTC and ETH / large / other coins), times "
        f"{float(costs['stress_multiplier']):g} while credit is stressed"
    )


def _points(share: Any) -> str:
    return f"{float(share) * 10_000:g}"
