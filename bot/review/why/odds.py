"""The odds of the past: of days like this one, how often the bot armed, and how often that was confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from bot.core.plural import counted
from bot.report.labels import PLAIN, Labels
from bot.report.names import stage_code
from bot.report.numbers import share_text

HORIZONS = (21, 63)
"""Sessions within which an arming is looked for: a month and a quarter."""
ENOUGH = 5
"""Fewest independent stretches, and fewest ended armings, for which a share is shown."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session and the decision after it.

    Attributes
    ----------
    day
        UTC date of the decision.
    stage
        Stage after the decision.
    gap
        Close over the highest close so far, less 1; 0 at a record.
    would_arm
        True if a record in the next session would arm the bot.
    armed
        True if this decision armed it.
    ending
        Outcome that this decision gave an arming: confirmed, failed, expired or vetoed; else empty.
    """

    day: date
    stage: str
    gap: float
    would_arm: bool
    armed: bool = False
    ending: str = ""


@dataclass(frozen=True, slots=True)
class Within:
    """Count of armings within a number of sessions.

    Of `days` like this one whose next `sessions` are past, `armed` saw an arming in them. `independent` counts
    stretches that lie apart.
    """

    sessions: int
    days: int
    armed: int
    independent: int

    @property
    def share(self) -> float | None:
        """Share of the days that saw an arming, given enough independent stretches."""
        return self.armed / self.days if self.independent >= ENOUGH else None


@dataclass(frozen=True, slots=True)
class Odds:
    """Odds of one day, from the sessions before it.

    `armings` counts those within the longest horizon that have ended, `confirmed` those of them that were confirmed.
    For an armed day they are all earlier armings.
    """

    day: date
    stage: str
    gap: float
    within: tuple[Within, ...]
    armings: int
    confirmed: int
    labels: Labels = PLAIN

    @property
    def confirmed_share(self) -> float | None:
        """Share of the armings that were confirmed, given enough of them."""
        return self.confirmed / self.armings if self.armings >= ENOUGH else None

    def sentences(self) -> list[str]:
        """Format the odds as sentences."""
        if self.stage not in ("STABLE", "ARMED"):
            return [f"The odds of the past are for waiting days; this one is in {stage_code(self.stage, self.labels)}."]
        return [*(self._of(within) for within in self.within), self._of_armings()]

    def _of(self, within: Within) -> str:
        if not within.days:
            return f"No earlier day in {self.stage} stood this close with its next {within.sessions} sessions past."
        stood = f"stood within {share_text(self.gap)} of a record" if self.gap < 0 else "stood at a record"
        sentence = (
            f"Of {counted(within.days, 'earlier session')} that {stood}, {within.armed} saw the bot arm within "
            f"{within.sessions} sessions"
        )
        stretches = counted(within.independent, "independent stretch", "independent stretches")
        if within.share is None:
            return f"{sentence}, in {stretches}: too few to tell."
        return f"{sentence} ({within.share:.0%}), in {stretches}."

    def _of_armings(self) -> str:
        if not self.armings:
            return "No arming that followed has ended yet."
        lead = "Of the armings that followed" if self.stage == "STABLE" else "Of the armings before"
        sentence = f"{lead}, {self.confirmed} of {self.armings} were confirmed"
        if self.confirmed_share is None:
            return f"{sentence}: too few to tell."
        return f"{sentence} ({self.confirmed_share:.0%})."

    def as_dict(self) -> dict[str, object]:
        """Format the odds as JSON."""
        within = [{**asdict(one), "share": one.share} for one in self.within]
        return {
            "day": self.day.isoformat(),
            "stage": self.stage,
            "gap": self.gap,
            "within": within,
            "armings": self.armings,
            "confirmed": self.confirmed,
            "confirmed_share": self.confirmed_share,
            "enough": ENOUGH,
            "sentences": self.sentences(),
        }


def odds(sessions: Sequence[Session], day: date, labels: Labels = PLAIN) -> Odds | None:
    """Compute the odds of a day from the sessions known by then.

    Parameters
    ----------
    sessions
        Sessions in order; those after the day are ignored.
    day
        UTC date of a decision.
    labels
        Names of the coins.

    Returns
    -------
    Odds or None
        Set from the first session on. A session counts if its whole horizon is past, an arming if it has ended.
    """
    past = [session for session in sessions if session.day <= day]
    if not past:
        return None
    now = len(past) - 1
    if past[now].stage == "ARMED":
        ended = [end for i, session in enumerate(past) if session.armed and (end := _ending(past, i))]
        return Odds(day, "ARMED", past[now].gap, (), len(ended), ended.count("confirmed"), labels)
    if past[now].stage != "STABLE":
        return Odds(day, past[now].stage, past[now].gap, (), 0, 0, labels)
    alike = [i for i in range(now) if _is_alike(past[i], past[now])]
    # Armings are those of full horizons alone: a shorter one would count early ends and miss late ones.
    longest = [i for i in alike if i + HORIZONS[-1] <= now]
    followed = sorted({arming for i in longest if (arming := _arming(past, i, HORIZONS[-1])) is not None})
    ended = [end for i in followed if (end := _ending(past, i))]
    within = tuple(_within(past, alike, horizon, now) for horizon in HORIZONS)
    return Odds(day, "STABLE", past[now].gap, within, len(ended), ended.count("confirmed"), labels)


def _is_alike(then: Session, now: Session) -> bool:
    """Return True if a session waited as this one does, at least as near to a record."""
    return then.stage == now.stage and then.would_arm == now.would_arm and then.gap >= now.gap


def _within(past: Sequence[Session], alike: Sequence[int], horizon: int, now: int) -> Within:
    over = [i for i in alike if i + horizon <= now]
    armed = sum(_arming(past, i, horizon) is not None for i in over)
    # Stretches that overlap share their armings: counted greedily from the first, so that none shares a session.
    independent, free = 0, 0
    for i in over:
        if i >= free:
            independent, free = independent + 1, i + horizon
    return Within(horizon, len(over), armed, independent)


def _arming(past: Sequence[Session], start: int, horizon: int) -> int | None:
    """Find the next arming after a session, within a horizon: its position."""
    return next((i for i in range(start + 1, start + horizon + 1) if past[i].armed), None)


def _ending(past: Sequence[Session], armed: int) -> str:
    """Find the outcome of an arming; empty while it is armed."""
    return next((past[i].ending for i in range(armed, len(past)) if past[i].ending), "")
