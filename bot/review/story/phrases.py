"""Causes: what a decision saw that made it, as the phrases of one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.text import printable
from bot.ledger.record import Row
from bot.report.labels import Labels
from bot.report.numbers import counted, figure, share_text
from bot.report.words import reason_sentence
from bot.review.why.gauge import Gauge, gauges_of
from bot.review.why.next_triggers import GATES

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
    """A decision beside the one before it. `vetoes` are the gates that held the episode back while armed."""

    now: Row
    before: Row | None
    terms: Labels
    vetoes: Sequence[Gauge] = ()
    seen: Mapping[str, Gauge] = field(default_factory=dict)
    had: Mapping[str, Gauge] = field(default_factory=dict)

    @property
    def reasons(self) -> list[str]:
        """The codes of its reasons."""
        return [str(code) for code in self.now.body["reasons"]]

    def value(self, name: str) -> str:
        """A reading's value as the decision saw it."""
        return figure(name, self.seen[name].value if name in self.seen else None)

    def limit(self, name: str) -> str:
        """A reading's threshold, as this decision tells it, or else the one before."""
        gauge = self.seen.get(name) or self.had.get(name)
        return figure(name, gauge.threshold if gauge else None)

    def closes(self) -> int | None:
        """How many closes stand above the level, this decision's own counted in."""
        count, level = self.had.get("closes_above"), self.had.get("level")
        close, old = self.seen.get("small_caps"), self.had.get("small_caps")
        if not (count and level and close and old) or count.value is None:
            return None
        is_new = close.value != old.value
        above = close.value is not None and level.threshold is not None and close.value > level.threshold
        return int(count.value) + (is_new and above)


def context_of(now: Row, before: Row | None, terms: Labels, vetoes: Sequence[Gauge] = ()) -> DecisionContext:
    """A turn with the readings of both decisions."""
    had = gauges_of(before.body["readings"]) if before else {}
    return DecisionContext(now, before, terms, vetoes, gauges_of(now.body["readings"]), had)


def causes(turn: DecisionContext) -> str:
    """Why the decision is what it is, in phrases; the background is left out where there is more to say."""
    telling = [code for code in turn.reasons if code not in _BACKGROUND] or turn.reasons
    phrases = [
        _PHRASES[code](turn) if code in _PHRASES else printable(reason_sentence(code, turn.terms)).rstrip(".")
        for code in telling
    ]
    return ", ".join(phrase for phrase in phrases if phrase)


def _breakout(turn: DecisionContext) -> str:
    base = turn.had.get("sessions_without_record")
    after = f" after {counted(base.value, 'session')} without one" if base and base.value is not None else ""
    return f"{_record(turn)}{after}"


def _record(turn: DecisionContext) -> str:
    return f"{turn.terms.subject} closed at a record, {turn.value('small_caps')} over {turn.limit('small_caps')}"


def _failed(turn: DecisionContext) -> str:
    level, close = turn.had.get("level"), turn.seen.get("small_caps")
    if not (level and close and level.threshold and close.value is not None):
        return f"{turn.terms.subject} fell under the level"
    share = share_text(close.value / level.threshold - 1)
    return f"{turn.terms.subject} fell to {turn.value('small_caps')}, {share} under the level of {turn.limit('level')}"


def _confirmed(turn: DecisionContext) -> str:
    count = turn.closes()
    nth = f"{_ordinal(count)} close" if count else "enough closes"
    passing = [phrase for name in _CALM if (phrase := _calm(turn, name))]
    return ", ".join([f"{nth} above {turn.limit('level')}", *passing])


def _calm(turn: DecisionContext, name: str) -> str:
    """A gate that is on and passes, in two or three words."""
    gauge = turn.seen.get(name)
    if not (gauge and gauge.gate and gauge.holds):
        return ""
    return _CALM[name].format(value=f"{gauge.value or 0:.0f}")


def _expired(turn: DecisionContext) -> str:
    count = turn.closes()
    told = f"only {counted(count, 'close')}" if count is not None else "too few closes"
    return f"{told} above {turn.limit('level')} when the time was up"


def _vetoed(turn: DecisionContext) -> str:
    count = turn.closes()
    told = (
        f"{counted(count, 'close')} above {turn.limit('level')}" if count is not None else "the breakout was sustained"
    )
    blocked = [_blocked(gauge) for gauge in turn.vetoes]
    return f"{told}, but {' and '.join(blocked)}" if blocked else f"{told}, but the gates did not pass in time"


def _blocked(gauge: Gauge) -> str:
    if gauge.name not in _TIGHT or not gauge.is_known:
        return f"{GATES.get(gauge.name, printable(gauge.name))} was not known"
    return _TIGHT[gauge.name].format(value=f"{gauge.value or 0:.0f}")


def _fell(turn: DecisionContext) -> str:
    stop = turn.had.get("small_cap_stop")
    at = f" of {figure('small_cap_stop', stop.threshold)}" if stop else ""
    their = turn.terms.verb("its", "their")
    return f"{turn.terms.subject} fell to {turn.value('small_caps')}, under {their} trailing stop{at}"


def _entered_eth(turn: DecisionContext) -> str:
    trend = turn.seen.get("eth_trend")
    if "confirmed" in turn.reasons or not (trend and trend.holds):
        return ""
    return f"{turn.terms.eth} closed at {turn.value('eth_trend')}, above its average of {turn.limit('eth_trend')}"


def _no_trend(turn: DecisionContext) -> str:
    trend = turn.seen.get("eth_trend")
    if trend and not trend.holds and trend.share is not None:
        return f"{turn.terms.eth} stood {share_text(trend.share)} under its average when the time was up"
    return f"{turn.terms.eth} did not close above its average in time"


def _entered_alts(turn: DecisionContext) -> str:
    breadth = turn.seen.get("breadth")
    share = f", {turn.value('breadth')} of altcoins above theirs" if breadth and breadth.value is not None else ""
    return f"{turn.terms.eth}/{turn.terms.btc} above its average{share}"


def _pair_weak(turn: DecisionContext) -> str:
    days = turn.terms.numbers.get("pair_weak")
    span = f"{days} in a row" if days else "days"
    return f"{turn.terms.eth}/{turn.terms.btc} under its average for {span}"


def _quiet(turn: DecisionContext) -> str:
    quiet = turn.had.get("sessions_quiet")
    return f"{turn.limit('sessions_quiet')} sessions without a record" if quiet else "too long without a record"


def _weak(turn: DecisionContext) -> str:
    weak = turn.had.get("sessions_weak")
    span = f"{turn.limit('sessions_weak')} sessions or more" if weak else "too long"
    return f"small caps behind the market for {span}"


def _kill_eth(turn: DecisionContext) -> str:
    stop = turn.had.get("eth_stop")
    at = f" of {figure('eth_stop', stop.threshold)}" if stop else ""
    return f"{turn.terms.eth} fell to {turn.value('eth_trend')}, through its stop{at}"


def _ordinal(count: int) -> str:
    if 0 < count <= len(_ORDINALS):
        return _ORDINALS[count - 1]
    ending = "th" if count % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count}{ending}"


_CALM = {
    "relative_strength": "small caps ahead of the market",
    "credit": "credit calm",
    "volatility": "VIX {value}",
    "participation": "a broad advance",
    "volume": "heavy volume",
    "trend": "small caps in an uptrend",
    "net_liquidity": "liquidity rising",
    "supercycle": "supercycle score {value}",
}
_TIGHT = {
    "relative_strength": "small caps did not lead the market",
    "credit": "credit was stressed",
    "volatility": "VIX stood at {value}",
    "participation": "the advance was narrow",
    "volume": "the volume was thin",
    "trend": "small caps had no uptrend",
    "net_liquidity": "liquidity was not rising",
    "supercycle": "the supercycle score was {value}",
}
_PHRASES: Mapping[str, Callable[[DecisionContext], str]] = {
    "breakout": _breakout,
    "rearmed": lambda turn: f"{_record(turn)}, for the first time since a risk exit",
    "thin_trading": lambda _: "in thin trading",
    "failed": _failed,
    "confirmed": _confirmed,
    "expired": _expired,
    "vetoed": _vetoed,
    "fell_back": _fell,
    "entered_eth": _entered_eth,
    "no_trend": _no_trend,
    "second_tranche": lambda turn: f"{turn.terms.eth} was held long enough for the second tranche",
    "entered_alts": _entered_alts,
    "eth_lags_btc": _pair_weak,
    "no_new_record": _quiet,
    "weak_small_caps": _weak,
    "resumed": lambda turn: f"{_record(turn)}, while small caps led the market",
    "distributed": lambda _: "the distribution was over",
    "cooled_down": lambda _: "the cooldown was over",
    "kill_credit": lambda turn: f"credit stress ({turn.value('credit')} against {turn.limit('credit')})",
    "kill_volatility": lambda turn: (
        f"VIX {turn.value('volatility_kill')}, over its limit of {turn.limit('volatility_kill')}"
    ),
    "kill_trail": _fell,
    "kill_eth": _kill_eth,
    "kill_peg": lambda _: "the stablecoin lost its peg",
    "peg_broken": lambda _: "the stablecoin under its peg",
    "stale": lambda _: "an input was too old",
    "stale_too_long": lambda _: "an input had been silent for too long",
}
