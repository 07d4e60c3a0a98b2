"""Causes of a decision, as the phrases of one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.decision import Decision
from bot.core.plural import counted
from bot.core.text import printable
from bot.report.labels import Labels
from bot.report.numbers import figure, share_text
from bot.report.words import reason_sentence
from bot.review.why.gauge import Gauge, gauges_of
from bot.review.why.trigger import gate_name

_BACKGROUND = {
    "waits_for_record",
    "waits_for_closes",
    "waits_for_gates",
    "waits_for_trend",
    "holds",
    "cools_down",
    "peg_broken",
}
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


@dataclass(frozen=True, slots=True)
class DecisionContext:
    """A decision and its gauges, beside the gauges of the decision before.

    `vetoes` are the gates that kept the episode from being confirmed while armed.
    """

    now: Decision
    labels: Labels
    vetoes: Sequence[Gauge] = ()
    seen: Mapping[str, Gauge] = field(default_factory=dict)
    had: Mapping[str, Gauge] = field(default_factory=dict)

    @classmethod
    def of(cls, now: Decision, before: Decision | None, labels: Labels, vetoes: Sequence[Gauge]) -> DecisionContext:
        """Read the gauges of a decision and of the one before it."""
        had = gauges_of(before.readings) if before else {}
        return cls(now, labels, vetoes, gauges_of(now.readings), had)

    def value(self, name: str) -> str:
        """Format a reading's value as the decision saw it."""
        return figure(name, self.seen[name].value if name in self.seen else None)

    def limit(self, name: str) -> str:
        """Format a reading's threshold: that of this decision, else of the one before."""
        gauge = self.seen.get(name) or self.had.get(name)
        return figure(name, gauge.threshold if gauge else None)

    def closes(self) -> int | None:
        """Count the closes above the level, this decision's own included, if the readings have them."""
        count, level = self.had.get("closes_above"), self.had.get("level")
        close, old = self.seen.get("small_caps"), self.had.get("small_caps")
        if not (count and level and close and old) or count.value is None:
            return None
        # The count of the day before is short of today's close, and a repeated close is no new session.
        is_new = close.value != old.value
        above = close.value is not None and level.threshold is not None and close.value > level.threshold
        return int(count.value) + (is_new and above)


def causes(context: DecisionContext) -> str:
    """Format the causes of a decision; background reasons only in the absence of others."""
    telling = [code for code in context.now.reasons if code not in _BACKGROUND] or context.now.reasons
    phrases = [
        _PHRASES[code](context) if code in _PHRASES else printable(reason_sentence(code, context.labels)).rstrip(".")
        for code in telling
    ]
    return ", ".join(phrase for phrase in phrases if phrase)


def _breakout(context: DecisionContext) -> str:
    base = context.had.get("sessions_without_record")
    after = f" after {counted(base.value, 'session')} without one" if base and base.value is not None else ""
    return f"{_record(context)}{after}"


def _record(context: DecisionContext) -> str:
    return (
        f"{context.labels.subject} closed at a record, {context.value('small_caps')} over {context.limit('small_caps')}"
    )


def _failed(context: DecisionContext) -> str:
    level, close = context.had.get("level"), context.seen.get("small_caps")
    if not (level and close and level.threshold and close.value is not None):
        return f"{context.labels.subject} fell under the level"
    share, at = share_text(close.value / level.threshold - 1), context.limit("level")
    return f"{context.labels.subject} fell to {context.value('small_caps')}, {share} under the level of {at}"


def _confirmed(context: DecisionContext) -> str:
    count = context.closes()
    nth = f"{_ordinal(count)} close" if count else "enough closes"
    passing = [phrase for name in _CALM if (phrase := _calm(context, name))]
    return ", ".join([f"{nth} above {context.limit('level')}", *passing])


def _calm(context: DecisionContext, name: str) -> str:
    """A gate that is on and passes, in two or three words."""
    gauge = context.seen.get(name)
    if not (gauge and gauge.gate and gauge.holds):
        return ""
    return context.labels.fill(_CALM[name]).replace("@", f"{gauge.value or 0:.0f}")


def _expired(context: DecisionContext) -> str:
    count = context.closes()
    sentence = f"only {counted(count, 'close')}" if count is not None else "too few closes"
    return f"{sentence} above {context.limit('level')} when the time was up"


def _vetoed(context: DecisionContext) -> str:
    count = context.closes()
    sentence = (
        f"{counted(count, 'close')} above {context.limit('level')}"
        if count is not None
        else "the breakout was sustained"
    )
    blocked = [_blocked(gauge, context.labels) for gauge in context.vetoes]
    return f"{sentence}, but {' and '.join(blocked)}" if blocked else f"{sentence}, but the gates did not pass in time"


def _blocked(gauge: Gauge, labels: Labels) -> str:
    if gauge.name not in _TIGHT or not gauge.is_known:
        return f"{gate_name(gauge.name, labels)} was not known"
    return labels.fill(_TIGHT[gauge.name]).replace("@", f"{gauge.value or 0:.0f}")


def _fell(context: DecisionContext) -> str:
    stop = context.had.get("small_cap_stop")
    at = f" of {figure('small_cap_stop', stop.threshold)}" if stop else ""
    their = context.labels.verb("its", "their")
    return f"{context.labels.subject} fell to {context.value('small_caps')}, under {their} trailing stop{at}"


def _entered_eth(context: DecisionContext) -> str:
    trend = context.seen.get("eth_trend")
    if "confirmed" in context.now.reasons or not (trend and trend.holds):
        return ""
    close, average = context.value("eth_trend"), context.limit("eth_trend")
    return f"{context.labels.eth} closed at {close}, above its average of {average}"


def _no_trend(context: DecisionContext) -> str:
    trend = context.seen.get("eth_trend")
    if trend and not trend.holds and trend.share is not None:
        return f"{context.labels.eth} stood {share_text(trend.share)} under its average when the time was up"
    return f"{context.labels.eth} did not close above its average in time"


def _entered_alts(context: DecisionContext) -> str:
    breadth = context.seen.get("breadth")
    share = f", {context.value('breadth')} of altcoins above theirs" if breadth and breadth.value is not None else ""
    return f"{context.labels.eth}/{context.labels.btc} above its average{share}"


def _pair_weak(context: DecisionContext) -> str:
    days = context.labels.numbers.get("pair_weak")
    span = f"{days} in a row" if days else "days"
    return f"{context.labels.eth}/{context.labels.btc} under its average for {span}"


def _quiet(context: DecisionContext) -> str:
    quiet = context.had.get("sessions_quiet")
    return f"{context.limit('sessions_quiet')} sessions without a record" if quiet else "too long without a record"


def _weak(context: DecisionContext) -> str:
    weak = context.had.get("sessions_weak")
    span = f"{context.limit('sessions_weak')} sessions or more" if weak else "too long"
    return context.labels.fill(f"{{fund}} behind {{the_market}} for {span}")


def _kill_eth(context: DecisionContext) -> str:
    stop = context.had.get("eth_stop")
    at = f" of {figure('eth_stop', stop.threshold)}" if stop else ""
    return f"{context.labels.eth} fell to {context.value('eth_trend')}, through its stop{at}"


def _ordinal(count: int) -> str:
    if 0 < count <= len(_ORDINALS):
        return _ORDINALS[count - 1]
    ending = "th" if count % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count}{ending}"


# @ is the value of the gate; braces are filled by `Labels`.
_CALM = {
    "relative_strength": "{fund} ahead of {the_market}",
    "credit": "credit calm",
    "volatility": "VIX @",
    "participation": "a broad advance",
    "volume": "heavy volume",
    "trend": "{small_caps} in an uptrend",
    "net_liquidity": "liquidity rising",
    "supercycle": "supercycle score @",
}
_TIGHT = {
    "relative_strength": "{fund} did not lead {the_market}",
    "credit": "credit was stressed",
    "volatility": "VIX stood at @",
    "participation": "the advance was narrow",
    "volume": "the volume was thin",
    "trend": "{small_caps} had no uptrend",
    "net_liquidity": "liquidity was not rising",
    "supercycle": "the supercycle score was @",
}
_PHRASES: Mapping[str, Callable[[DecisionContext], str]] = {
    "breakout": _breakout,
    "rearmed": lambda context: f"{_record(context)}, for the first time since a risk exit",
    "thin_trading": lambda _: "in thin trading",
    "failed": _failed,
    "confirmed": _confirmed,
    "expired": _expired,
    "vetoed": _vetoed,
    "fell_back": _fell,
    "entered_eth": _entered_eth,
    "no_trend": _no_trend,
    "second_tranche": lambda context: f"{context.labels.eth} was held long enough for the second tranche",
    "entered_alts": _entered_alts,
    "eth_lags_btc": _pair_weak,
    "no_new_record": _quiet,
    "weak_small_caps": _weak,
    "resumed": lambda context: context.labels.fill(f"{_record(context)}, while {{fund}} led {{the_market}}"),
    "distributed": lambda _: "the distribution was over",
    "cooled_down": lambda _: "the cooldown was over",
    "kill_credit": lambda context: f"credit stress ({context.value('credit')} against {context.limit('credit')})",
    "kill_volatility": lambda context: (
        f"VIX {context.value('volatility_kill')}, over its limit of {context.limit('volatility_kill')}"
    ),
    "kill_trail": _fell,
    "kill_eth": _kill_eth,
    "kill_peg": lambda _: "the stablecoin lost its peg",
    "peg_broken": lambda _: "the stablecoin under its peg",
    "stale": lambda _: "an input was too old",
    "stale_too_long": lambda _: "an input had been silent for too long",
}
