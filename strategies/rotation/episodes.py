"""Every breakout by the rule, what the rotation made of it, and what ETH and BTC did after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np

from bot.core.events import Episode
from bot.core.market import Series
from bot.core.moments import Days, utc
from strategies.rotation.conditions import is_breakout
from strategies.rotation.rules import Reason, Stage, reason_codes
from strategies.rotation.state import Outcome
from strategies.rotation.view import RotationView

HORIZONS = (21, 42, 63)
"""Sessions after which the returns are read: one, two and three months."""
_ENDED = {Stage.STABLE, Stage.COOLDOWN}


def episodes(view: RotationView) -> list[Episode]:
    """Return the episodes of a view, in order: every breakout, and every record that rearmed after a risk exit."""
    rows = view.source.session_rows()
    new = view.source.new_session()
    _, is_record, base, _ = view.source.records()
    breakouts = is_breakout(view.settings.rules, is_record, base)
    found = []
    # A record that rearms after a risk exit needs no base: it is an episode, and not a breakout.
    for i in np.flatnonzero(new & is_record[rows]):
        if breakouts[rows[i]] or view.path[i].reasons & Reason.REARMED:
            found.append(_episode(view, int(i), int(rows[i]), "breakout" if breakouts[rows[i]] else "rearmed"))
    return found


def _episode(view: RotationView, start: int, row: int, kind: str) -> Episode:
    before, _, base, _ = view.source.records()
    armed = view.path[start].reasons & (Reason.BREAKOUT | Reason.REARMED)
    end = _end(view.path, start) if armed else start
    story = view.path[start : end + 1]
    return Episode(
        kind=kind,
        session=view.source.sessions[row].item(),
        known_at=utc(view.source.small_caps.due[row]),
        close=float(view.source.closes[row]),
        level=float(before[row]),
        base_sessions=int(base[row]),
        stage_then=Stage(view.path[start - 1].stage if start else Stage.STABLE).name,
        outcome=_outcome(story) if armed else "ignored",
        confirmed_session=_session_date(view, start, story) if armed else None,
        vetoes=_vetoes(view, start, story) if armed else (),
        eth_at=_first_time(view, start, story, Reason.ENTERED_ETH) if armed else None,
        alts_at=_first_time(view, start, story, Reason.ENTERED_ALTS) if armed else None,
        exit_at=utc(view.times[end]) if armed and _is_over(story) else None,
        exit_reasons=_exit_reasons(story[-1]) if armed and _is_over(story) else (),
        returns=_returns(view, row),
    )


def _end(path: Sequence[Outcome], start: int) -> int:
    """Return the index of the decision that ends the episode armed at `start`, or of the last decision."""
    for i in range(start, len(path)):
        if _is_over(path[max(start, i - 1) : i + 1]):
            return i
    return len(path) - 1


def _is_over(story: Sequence[Outcome]) -> bool:
    """Return True if the last decision ends the episode: it leaves the market or arms for the next record."""
    armed_again = len(story) > 1 and story[-1].reasons & (Reason.BREAKOUT | Reason.REARMED)
    return story[-1].stage in _ENDED or bool(armed_again)


def _outcome(story: Sequence[Outcome]) -> str:
    for outcome in story:
        for reason in (Reason.CONFIRMED, Reason.FAILED, Reason.VETOED, Reason.EXPIRED):
            if outcome.reasons & reason:
                return reason.name.lower()
    return "open"


def _exit_reasons(last: Outcome) -> tuple[str, ...]:
    # The last decision may also begin the next episode or only wait: its other reasons are the exit.
    ended_nothing = (
        Reason.BREAKOUT
        | Reason.REARMED
        | Reason.WAITS_FOR_RECORD
        | Reason.WAITS_FOR_CLOSES
        | Reason.COOLS_DOWN
        | Reason.PEG_BROKEN
        | Reason.STALE
        | Reason.THIN_TRADING
    )
    return reason_codes(last.reasons & ~ended_nothing)


def _first_index(start: int, story: Sequence[Outcome], reason: Reason) -> int | None:
    return next((start + i for i, outcome in enumerate(story) if outcome.reasons & reason), None)


def _first_time(view: RotationView, start: int, story: Sequence[Outcome], reason: Reason) -> datetime | None:
    i = _first_index(start, story, reason)
    return None if i is None else utc(view.times[i])


def _session_date(view: RotationView, start: int, story: Sequence[Outcome]) -> date | None:
    i = _first_index(start, story, Reason.CONFIRMED)
    if i is None:
        return None
    session: date = view.source.sessions[view.source.session_rows()[i]].item()
    return session


def _vetoes(view: RotationView, start: int, story: Sequence[Outcome]) -> tuple[str, ...]:
    """Return the gates that blocked an episode while its closes would have confirmed it."""
    blocked: dict[str, None] = {}
    for i, outcome in enumerate(story, start=start):
        armed = outcome.conditions if outcome.reasons & Reason.VETOED else outcome.ahead
        if armed.closes_above.holds and armed.level.holds:
            blocked.update(dict.fromkeys(view.failing_gates(i)))
    return tuple(blocked)


def _returns(view: RotationView, row: int) -> dict[str, float | None]:
    sessions, roles = view.source.sessions, view.market.roles
    eth, btc = view.market[roles.eth], view.market[roles.btc]
    returns = {f"eth_{n}": _open_to_open(eth, sessions, row, n) for n in HORIZONS}
    return {**returns, "btc_63": _open_to_open(btc, sessions, row, HORIZONS[-1])}


def _open_to_open(coin: Series, sessions: Days, row: int, later: int) -> float | None:
    """Compute the simple return from the open after a session to the open after the session `later` sessions on.

    None if the history ends before, or an open is missing.
    """
    if row + later >= len(sessions):
        return None
    # The open after the session is the first price at which an order could be filled.
    opens = [coin.row(sessions[r] + 1) for r in (row, row + later)]
    if None in opens:
        return None
    first, last = (float(coin.open[i]) for i in opens if i is not None)
    return None if np.isnan(first) or np.isnan(last) else last / first - 1
