"""Next triggers: conditions to leave a stage, each with its distance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bot.core.invariants import not_none
from bot.core.plural import counted
from bot.report import numbers
from bot.report.labels import PLAIN, Labels
from bot.report.numbers import figure, share_text
from bot.review.why.gauge import Gauge, gauges_of
from bot.review.why.trigger import Trigger, gate_name

Gauges = Mapping[str, Gauge]
_SEVERAL = 3
"""Readings of an unknown strategy that are named in sentences; the table has the rest."""


def next_trigger(stage: str, readings: Mapping[str, object], labels: Labels = PLAIN) -> Trigger | None:
    """Return the first of `triggers`, if there is one."""
    return next(iter(triggers(stage, readings, labels)), None)


def triggers(stage: str, readings: Mapping[str, object], labels: Labels = PLAIN) -> list[Trigger]:
    """List the triggers of a stage, the nearest or most important first.

    The rotation has at least one; of a user's own strategy they are its failing readings, and may be missing.

    Parameters
    ----------
    stage
        Stage after the decision, by its code.
    readings
        Readings by name, as `Decision.readings` has them.
    labels
        Names and numbers of the record's config.
    """
    gauges = gauges_of(readings, labels)
    if not labels.is_rotation:
        return _unknown(gauges, labels)
    found = _STAGES.get(stage, _unknown)(gauges, labels)
    return found or [Trigger("The readings of this day do not say what is nearest.")]


# --- waiting -------------------------------------------------------------------------------------------------


def _stable(gauges: Gauges, labels: Labels) -> list[Trigger]:
    close, base = gauges.get("small_caps"), gauges.get("sessions_without_record")
    if close is None:
        return []
    if close.value is None or close.threshold is None:
        return [
            Trigger(f"It is not known how far {labels.subject} {labels.verb('is', 'are')} from a record.", close.name)
        ]
    # On a record day the threshold is still the record before: the day's own close is the one to beat.
    record = max(close.value, close.threshold)
    share = close.value / record - 1
    place = (
        f"{labels.start} {labels.verb('is', 'are')} {share_text(share)} under {labels.verb('its', 'their')} record of "
        f"{figure(close.name, record)}"
        if share < 0
        else f"{labels.start} closed at a record of {figure(close.name, record)}"
    )
    nearest = Trigger("", close.name, close.value - record, share)
    if base is None or base.value is None or base.threshold is None:
        sentence = f"{place}; this ledger does not tell whether a record would arm the bot."
    elif base.threshold == 0:
        sentence = f"{place}: a close above arms the bot again, since a risk exit came after it was last armed."
    elif base.holds:
        sentence = f"{place} and {counted(base.value, 'session')} past it: a close above arms the bot."
    else:
        sentence = (
            f"{place}: a record now would not arm the bot, since only {base.value:.0f} of "
            f"{counted(base.threshold, 'session')} have passed without one."
        )
    return [Trigger(sentence, nearest.reading, nearest.distance, nearest.share), *_old([close])]


def _armed(gauges: Gauges, labels: Labels) -> list[Trigger]:
    closes, time, level = (gauges.get(name) for name in ("closes_above", "sessions_armed", "level"))
    if closes is None or closes.value is None or closes.threshold is None:
        return []
    if time is None or time.value is None or time.threshold is None:
        return []
    if level is None or level.value is None or level.share is None:
        return []
    # The time limit counts sessions of any kind, and each missing close needs one of them.
    missing, left = max(closes.threshold - closes.value, 0), max(time.threshold - time.value, 0)
    at = figure("level", level.threshold)
    failing = [gauge for gauge in gauges.values() if gauge.gate and not gauge.holds]
    there = f"{closes.value:.0f} of {counted(closes.threshold, 'close')} above {at} are there"
    if not missing:
        there = f"{counted(closes.value, 'close')} above {at}, {closes.threshold:.0f} are needed"
    if missing > left:
        sentence = f"{there}: {missing:.0f} are missing and {counted(left, 'session')} left, too few to confirm."
    elif missing:
        is_are = "is" if missing == 1 else "are"
        sentence = f"{there}: {missing:.0f} {is_are} missing, with {counted(left, 'session')} left to confirm."
    elif not level.holds:
        sentence = f"{there}, but {labels.subject} closed {share_text(level.share)} under it: a close above is needed."
    elif failing:
        sentence = f"{there}: it confirms once {_gates(failing, labels)} within {counted(left, 'session')}."
    else:
        sentence = f"{there} and every gate passes: the next close above confirms."
    nearest_way = Trigger(sentence, "closes_above", closes.distance, closes.share)
    return [nearest_way, *(_failing(gauge, labels) for gauge in failing), *_old(gauges.values())]


def _gates(failing: list[Gauge], labels: Labels) -> str:
    names = [gate_name(gauge.name, labels) for gauge in failing]
    return f"{_and(names)} {'pass' if len(names) > 1 else 'passes'}"


def _failing(gauge: Gauge, labels: Labels) -> Trigger:
    """Format a gate that fails, and its distance."""
    name = gate_name(gauge.name, labels)
    name = name[0].upper() + name[1:]
    if not gauge.is_known:
        return Trigger(f"{name} does not pass: its reading is {_missing(gauge)}.", gauge.name)
    share = f" ({share_text(gauge.share)})" if gauge.share is not None else ""
    distance = not_none(gauge.distance, f"the distance of {gauge.name}")
    sentence = (
        f"{name} does not pass: {figure(gauge.name, gauge.value)} against {figure(gauge.name, gauge.threshold)}, "
        f"off by {figure(gauge.name, abs(distance))}{share}."
    )
    return Trigger(sentence, gauge.name, gauge.distance, gauge.share)


def _confirmed(gauges: Gauges, labels: Labels) -> list[Trigger]:
    trend, patience = gauges.get("eth_trend"), gauges.get("sessions_for_trend")
    left = ""
    if patience and patience.value is not None and patience.threshold is not None:
        left = f", within {counted(max(patience.threshold - patience.value, 0), 'session')}"
    if trend is None:
        return []
    if not trend.is_known or trend.share is None:
        return [
            Trigger(
                f"{labels.eth}'s trend is {_missing(trend)}: it is bought once it closes above its average{left}.",
                trend.name,
            )
        ]
    if not trend.holds:
        at = figure(trend.name, trend.threshold)
        sentence = f"{labels.eth} is {share_text(trend.share)} under its average of {at}: a close above buys it{left}."
    else:
        condition = _blocks(gauges, labels) or "the inputs are fresh"
        sentence = f"{labels.eth} stands above its average: it is bought once {condition}{left}."
    return [Trigger(sentence, trend.name, trend.distance, trend.share), *_outs(gauges, labels, ("small_cap_stop",))]


def _blocks(gauges: Gauges, labels: Labels) -> str:
    """Join the risk exits that block the purchase of a confirmed breakout."""
    credit, vix, stop = (gauges.get(name) for name in ("credit", "volatility_kill", "small_cap_stop"))
    standing = [
        *(["credit stress is over"] if credit and credit.verdict == "no" and "credit" not in labels.no_exit else []),
        *(["VIX is calmer"] if vix and vix.holds and "volatility_kill" not in labels.no_exit else []),
        *(
            [f"{labels.subject} {labels.verb('is', 'are')} above the trailing stop"]
            if stop and stop.verdict == "no" and "small_cap_stop" not in labels.no_exit
            else []
        ),
    ]
    return " and ".join(standing)


# --- invested ------------------------------------------------------------------------------------------------


def _eth(gauges: Gauges, labels: Labels) -> list[Trigger]:
    return [*_outs(gauges, labels, _RISK_EXITS), *_counters(gauges, labels), *_to_altcoins(gauges, labels)]


def _alts(gauges: Gauges, labels: Labels) -> list[Trigger]:
    pair = gauges.get("eth_btc")
    back = []
    if pair and pair.is_known and pair.share is not None:
        sentence = (
            f"{labels.eth}/{labels.btc} is {share_text(pair.share)} {'above' if pair.holds else 'under'} its average: "
        )
        sentence += (
            f"{labels.numbers.get('pair_weak', 'days')} in a row under it send the altcoins back into {labels.eth}."
        )
        back = [Trigger(sentence, pair.name, pair.distance, pair.share)]
    return [*_outs(gauges, labels, _RISK_EXITS), *_counters(gauges, labels), *back]


def _distribution(gauges: Gauges, labels: Labels) -> list[Trigger]:
    days, close = gauges.get("sessions_distributing"), gauges.get("small_caps")
    found = []
    if days and days.value is not None and days.threshold is not None:
        left = counted(max(days.threshold - days.value, 0), "session")
        found.append(Trigger(f"The rest is sold in {left}.", days.name, days.distance, days.share, "out"))
    if close and close.value is not None and close.threshold is not None:
        record = figure(close.name, max(close.value, close.threshold))
        share = close.value / max(close.value, close.threshold) - 1
        away = f", {share_text(share)} away," if share < 0 else ""
        sentence = (
            f"A record of {labels.subject} above {record}{away} while they lead the market takes the position up again."
        )
        if labels.small_caps:
            sentence = sentence.replace("while they lead", "while it leads")
        found.append(Trigger(sentence, close.name, close.distance, share))
    return [*found, *_outs(gauges, labels, _RISK_EXITS)]


_RISK_EXITS = ("small_cap_stop", "eth_stop", "volatility_kill", "credit")


def _outs(gauges: Gauges, labels: Labels, names: tuple[str, ...]) -> list[Trigger]:
    """List the risk exits that are on, the nearest first."""
    known = [gauges[name] for name in names if name in gauges and name not in labels.no_exit]
    found = [_out(gauge, labels) for gauge in known if gauge.is_known and gauge.share is not None]
    return sorted(found, key=lambda trigger: abs(trigger.share or 0))


def _out(gauge: Gauge, labels: Labels) -> Trigger:
    at = figure(gauge.name, gauge.threshold)
    # VIX exits above its limit, so its reading holds when it exits; the others hold while they are safe.
    if gauge.holds == (gauge.name == "volatility_kill"):
        others = {"small_cap_stop": labels.subject, "eth_stop": labels.eth, "volatility_kill": "VIX"}
        name = others.get(gauge.name) or gate_name(gauge.name, labels)
        sentence = f"{name[0].upper()}{name[1:]} at {figure(gauge.name, gauge.value)} stands beyond the limit of {at}: "
        return Trigger(
            f"{sentence}the next session that says so sells everything.", gauge.name, gauge.distance, 0.0, "out"
        )
    end = {
        "small_cap_stop": "a close under it takes the bot out.",
        "eth_stop": "a close there sells everything.",
        "volatility_kill": "a close over it sells everything.",
        "credit": "beyond it everything is sold.",
    }[gauge.name]
    return Trigger(f"{_ahead(gauge, labels)}: {end}", gauge.name, gauge.distance, gauge.share, "out")


def market_limits(readings: Mapping[str, object], labels: Labels = PLAIN) -> list[Trigger]:
    """List the limits of credit and VIX that are ahead, in any stage of the rotation, with or before a position."""
    if not labels.is_rotation:
        return []
    gauges = gauges_of(readings, labels)
    known = [gauges[name] for name in ("credit", "volatility_kill") if name in gauges and name not in labels.no_exit]
    return [
        Trigger(f"{_ahead(gauge, labels)}.", gauge.name, gauge.distance, gauge.share, "out")
        for gauge in known
        if gauge.is_known and gauge.share is not None and gauge.holds != (gauge.name == "volatility_kill")
    ]


def _ahead(gauge: Gauge, labels: Labels) -> str:
    """Format the distance of a limit that is ahead."""
    at, share = figure(gauge.name, gauge.threshold), share_text(not_none(gauge.share, f"the share of {gauge.name}"))
    return {
        "small_cap_stop": f"{labels.start} {labels.verb('is', 'are')} {share} above {labels.verb('its', 'their')} "
        f"trailing stop of {at}",
        "eth_stop": f"{labels.eth} is {share} above its stop of {at}",
        "volatility_kill": f"VIX at {figure(gauge.name, gauge.value)} is {share} under its limit of {at}",
        "credit": f"The credit reading of {figure(gauge.name, gauge.value)} is {share} from stress at {at}",
    }[gauge.name]


def _counters(gauges: Gauges, labels: Labels) -> list[Trigger]:
    """List the counters that end in a sale of a part."""
    sold = labels.numbers.get("sold", "a part")
    words = {
        "sessions_quiet": "without a record",
        "sessions_weak": labels.fill("in a row with {fund} lagging"),
    }
    found = []
    for name, meaning in words.items():
        gauge = gauges.get(name)
        if gauge and gauge.value is not None and gauge.threshold is not None:
            sentence = (
                f"{gauge.value:.0f} of {counted(gauge.threshold, 'session')} {meaning}: at the end {sold} is sold."
            )
            found.append(Trigger(sentence, name, gauge.distance, gauge.share, "out"))
    return found


def _to_altcoins(gauges: Gauges, labels: Labels) -> list[Trigger]:
    time, pair, breadth = (gauges.get(name) for name in ("sessions_for_altcoins", "eth_btc", "breadth"))
    if time is None or time.value is None or time.threshold is None:
        return []
    missing = []
    if time.value < time.threshold:
        missing.append(f"{counted(time.threshold - time.value, 'more session')}")
    if pair and not pair.holds:
        away = (
            f" {share_text(pair.share)} higher, above its average" if pair.share is not None else " above its average"
        )
        missing.append(f"{labels.eth}/{labels.btc}{away}")
    if breadth and not breadth.holds:
        need = figure("breadth", breadth.threshold)
        missing.append(f"{need} of altcoins above their average instead of {figure('breadth', breadth.value)}")
    sentence = f"Altcoins need {_and(missing)}." if missing else "Everything that altcoins need is there."
    return [Trigger(sentence, time.name, time.distance, time.share)]


# --- out, and strategies of a user's own ---------------------------------------------------------------------


def _cooldown(gauges: Gauges, labels: Labels) -> list[Trigger]:
    days = gauges.get("sessions_cooling")
    if days is None or days.value is None or days.threshold is None:
        return []
    left = counted(max(days.threshold - days.value, 0), "session")
    sentence = f"The cooldown after the risk exit lasts {left} more; then any record of {labels.subject} arms the bot."
    return [Trigger(sentence, days.name, days.distance, days.share)]


def _unknown(gauges: Gauges, labels: Labels) -> list[Trigger]:
    """List the failing readings of a user's own strategy, the nearest to its threshold first."""
    open_ = [gauge for gauge in gauges.values() if gauge.verdict == "no" and gauge.share is not None]
    found = []
    for gauge in sorted(open_, key=lambda gauge: abs(gauge.share or 0))[:_SEVERAL]:
        at = figure(gauge.name, gauge.threshold)
        sentence = (
            f"{gauge.words} stands at {figure(gauge.name, gauge.value)}, {share_text(gauge.share or 0)} from {at}."
        )
        found.append(Trigger(sentence[0].upper() + sentence[1:], gauge.name, gauge.distance, gauge.share))
    return found


_STAGES: dict[str, Callable[[Gauges, Labels], list[Trigger]]] = {
    "STABLE": _stable,
    "ARMED": _armed,
    "CONFIRMED": _confirmed,
    "ETH": _eth,
    "ALTS": _alts,
    "DISTRIBUTION": _distribution,
    "COOLDOWN": _cooldown,
}


def _missing(gauge: Gauge) -> str:
    return {"no data": "without data", "stale": "too old", "not yet": "not known yet"}.get(gauge.verdict, "not known")


def _old(gauges: Iterable[Gauge]) -> list[Trigger]:
    """Name the stale readings of small caps and of the gates that are on."""
    stale = [g for g in gauges if g.verdict == "stale" and (g.gate or g.name == "small_caps")]
    return [Trigger(f"{g.words[0].upper()}{g.words[1:]}: the newest row is too old.", g.name) for g in stale]


def _and(parts: list[str]) -> str:
    return ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else parts[0] if parts else numbers.NOTHING
