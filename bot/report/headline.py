"""Head of a report: the result in one sentence, and the warnings that belong beside it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.report import numbers
from bot.report.contents import Contents, Json
from bot.report.labels import Labels
from bot.report.run_settings import settings


def sentence(contents: Contents) -> str:
    """Return the result in one sentence."""
    summary = contents.summary
    # The result, its benchmarks, its depth, its sample and luck in one sentence: none can be quoted alone.
    own, others = summary["strategy"], summary["benchmarks"]
    run, labels = settings(contents), contents.labels
    lead = labels.strategy.demo_lead() if contents.is_demo else "From"
    beside = {labels.eth: others["eth"], labels.btc: others["btc"]}
    gave = " and ".join(f"holding {name} gave {growth_to(one)}" for name, one in beside.items())
    falls = ", ".join(f"{name} {_fall(one)}" for name, one in beside.items())
    ended = f"{numbers.money(own['final_equity'])} ({numbers.growth(own['total_return'])})"
    return (
        f"{lead} {summary['start']} to {summary['end']} {labels.strategy.subject} turned "
        f"{numbers.money(run.start_equity)} {run.quote} into {ended} while {gave}; "
        f"it fell at worst {_fall(own)} below its peak ({falls}){_rest(contents)}"
        f"{_luck(own['total_return'], summary['random_timing'])}{_thesis(summary)}"
    )


def _rest(contents: Contents) -> str:
    """Return what the result rests on, as the last part of the sentence if random timing is left out."""
    rests = f"rests on {contents.labels.strategy.rests_on(contents.summary)}"
    return f" and {rests}" if timing_left_out(contents.summary["random_timing"]) else f", {rests}"


def _luck(total_return: float, band: Mapping[str, float]) -> str:
    """Return the end of the sentence: the place among random timings, or why it is left out."""
    if left_out := timing_left_out(band):
        return f". {left_out}"
    return f", and {place(total_return, band)}."


def timing_left_out(band: Mapping[str, float]) -> str:
    """Say why random timing is left out, if it is; "" otherwise."""
    if "exposure" not in band:
        return ""
    exposure, limit = band["exposure"], band["most_exposed"]
    if not exposure:
        return "Random timing is left out: no coin was held."
    return (
        f"Random timing is left out: {exposure:.0%} of equity was in coins on average, above {limit:.0%}, so that "
        "other days for the same exposure would be nearly the same days."
    )


def standing_warnings(contents: Contents) -> list[str]:
    """Return the warnings that hold for every run, to be read before any figure."""
    return [
        *((_SYNTHETIC,) if contents.is_demo else ()),
        "Paper only, not advice: no order of this run was ever sent to a market.",
        contents.labels.strategy.few(contents.summary),
        *(() if contents.is_demo else (_RETROSPECTIVE,)),
        f"Costs are assumed, not measured: {costs_text(settings(contents).costs, contents.labels)}.",
        *(() if contents.is_demo else (_survivorship(contents.summary),)),
        *_delayed(contents.summary),
    ]


def _delayed(summary: Json) -> list[str]:
    """Return what the volume limit did, if it cut an order."""
    found = summary.get("order_size")
    return [found["line"]] if found and found["delayed"] else []


_SYNTHETIC = (
    "Synthetic data: prices, dates and coins are generated from a seed to show how the bot works. The result says "
    "nothing about real markets."
)
_RETROSPECTIVE = (
    "In-sample and in retrospect: the rules were written when these years were already known, and future years may "
    "differ from them."
)
_SURVIVORSHIP = (
    "Survivorship: altcoins that disappeared are missing from the data, so every result that holds altcoins looks "
    "better than it was."
)


def _survivorship(summary: Json) -> str:
    """Return the universe of the run and what survivorship is worth in it; runs of older versions have neither."""
    universe, found = summary.get("universe"), summary.get("survivorship")
    text = _SURVIVORSHIP if found is None else f"{found['line']}."
    return f"{universe['line']}. {text}" if universe else text


def _fall(figures: Json) -> str:
    fall = figures["max_drawdown"]
    return numbers.percent(None if fall is None else -float(fall))


def _thesis(summary: Json) -> str:
    """Return the verdict of the study on the run's data; runs of older versions have none."""
    study = summary.get("study")
    return f" The thesis on this data: {study['line']}." if study else ""


def growth_to(figures: Json) -> str:
    """Return the total return of a benchmark in words, with its last day if it ended early."""
    last = figures.get("last_day")
    return numbers.growth(figures["total_return"]) + (f" to {last}" if last else "")


def place(total_return: float, band: Mapping[str, float]) -> str:
    """Return the place of a total return among random timings of the same exposure, in words.

    Parameters
    ----------
    total_return : float
        Simple return of the run, as a share.
    band : mapping
        Total returns of random timings at their 5th, 50th and 95th percentile, and the share of them that did at least
        as well, as in `summary.json`; runs of older versions lack the share.
    """
    rank = sum(
        (
            total_return >= band["total_return_5"],
            total_return >= band["total_return_50"],
            total_return > band["total_return_95"],
        )
    )
    share = band.get("at_least_as_well")
    if share is None:
        return _PLACES[rank]
    did = f" ({numbers.share_of_cases(share)} of random timings did at least as well)"
    # The share compares the shifts with the run's own exposures. The fills of a ledger can put its return on the other
    # side of a percentile: it then lies about at that percentile, so that the sentence agrees with both.
    if share > _SHARES[rank]:
        return _NEAR[rank - 1] + did
    return (_NEAR[rank] if share < _SHARES[rank + 1] else _PLACES[rank]) + did


_SHARES = (1.0, 0.95, 0.5, 0.05, 0.0)
"""Shares of random timings that do at least as well: of each place the largest, followed by the smallest."""
_LUCK = "of random timing, inside the range of luck alone"
_PLACES = (
    "lies below the 5th percentile of random timing, worse than nearly all luck",
    f"lies between the 5th percentile and the median {_LUCK}",
    f"lies between the median and the 95th percentile {_LUCK}",
    "lies above the 95th percentile of random timing, which one path of prices cannot tell from luck",
)
_NEAR = (
    f"lies about at the 5th percentile {_LUCK}",
    f"lies about at the median {_LUCK}",
    f"lies about at the 95th percentile {_LUCK}",
)


def costs_text(costs: Json, labels: Labels) -> str:
    """Return the costs of a config in words, in basis points."""
    slippage = costs["slippage"]
    tiers = " / ".join(f"{_points(slippage[tier])}" for tier in ("major", "large", "other"))
    return (
        f"a fee of {_points(costs['fee'])} bp and slippage of {tiers} bp "
        f"({labels.btc} and {labels.eth} / large / other coins), "
        f"{labels.strategy.stress(float(costs['stress_multiplier']))}{_impact(costs)}"
    )


def _impact(costs: Json) -> str:
    """Return the words of market impact; runs of older versions have none."""
    coefficient = float(costs.get("impact", 0))
    if not coefficient:
        return ", whatever the size of an order"
    return f", and market impact by the square root of size (coefficient {coefficient:g})"


def _points(share: float | str) -> str:
    return f"{float(share) * 10_000:g}"
