"""Alerts of a watch, and the state from which each follows once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from bot.core.decision import Decision
from bot.core.notice import Notice, NoticeKind
from bot.paper.watch.near_misses import Nearness
from bot.report.labels import Labels
from bot.report.names import stage_code
from bot.report.words import reason_sentence
from bot.review.why.trigger import Trigger


class AlertKind(StrEnum):
    """Subject of an alert."""

    STAGE = "stage"
    NEAR_MISS = "near miss"
    STALE = "stale data"
    LOOK = "study look"


_NOTICES = {AlertKind.STALE: NoticeKind.ERROR}


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert: its UTC day, a title, a sentence, and its figures by name."""

    kind: AlertKind
    day: date
    title: str
    text: str
    figures: Mapping[str, object] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """Format the alert as JSON."""
        return {
            "kind": str(self.kind),
            "day": self.day.isoformat(),
            "title": self.title,
            "text": self.text,
            **self.figures,
        }

    def notice(self) -> Notice:
        """Return the alert as a notice for an address."""
        return Notice(_NOTICES.get(self.kind, NoticeKind.DECISION), self.title, self.text)


@dataclass(frozen=True, slots=True)
class WatchFacts:
    """Facts of one look at a market.

    Attributes
    ----------
    decisions
        Decisions of the days since the last look, ascending; the newest alone at the first look.
    stale
        Sentence about each stale series, by symbol.
    looks
        Sentence about each look of the registered plan, by a key of its own.
    today
        UTC date of the look, for alerts that lack a decision.
    """

    decisions: Sequence[Decision]
    stale: Mapping[str, str]
    looks: Mapping[str, str]
    today: date


@dataclass(frozen=True, slots=True)
class SentAlerts:
    """Alerts that were sent and still hold, with the UTC day of each.

    Attributes
    ----------
    day, stage
        Last decision that was looked at, if there was one.
    near, stale, looks
        Day of the alert by reading, by symbol, and by look.
    """

    day: date | None = None
    stage: str = ""
    near: Mapping[str, str] = field(default_factory=dict)
    stale: Mapping[str, str] = field(default_factory=dict)
    looks: Mapping[str, str] = field(default_factory=dict)


def news_of(sent: SentAlerts, seen: WatchFacts, nearness: Nearness, labels: Labels) -> tuple[list[Alert], SentAlerts]:
    """Return the alerts of a look, and the state after it.

    Stage changes are those of every day since the last look. Near misses and stale data are those that stand on the
    newest day: each is an alert when it begins, and again only after it was gone.
    """
    found: list[Alert] = []
    after = sent
    if seen.decisions:
        found += _stage_changes(sent, seen.decisions, labels)
        newest = seen.decisions[-1]
        near, gone = nearness.of(newest, labels)
        day = newest.at.date()
        began = [trigger for name, trigger in near.items() if name not in sent.near]
        found += [_near_miss(day, newest.stage, trigger) for trigger in began]
        kept = {name: since for name, since in sent.near.items() if name not in gone}
        begun = {trigger.reading: day.isoformat() for trigger in began}
        after = replace(sent, day=day, stage=newest.stage, near={**kept, **begun})
    today = seen.today
    found += _stale_data(today, {symbol: text for symbol, text in seen.stale.items() if symbol not in sent.stale})
    # A plan's earlier looks are no news to a watch that begins after them.
    if sent.day is not None:
        found += [
            Alert(AlertKind.LOOK, today, "A new look of the registered plan", text, {"look": key})
            for key, text in seen.looks.items()
            if key not in sent.looks
        ]
    since = today.isoformat()
    stale = {symbol: sent.stale.get(symbol, since) for symbol in seen.stale}
    looks = {**sent.looks, **{key: since for key in seen.looks if key not in sent.looks}}
    return found, replace(after, stale=stale, looks=looks)


def _stage_changes(sent: SentAlerts, decisions: Sequence[Decision], labels: Labels) -> list[Alert]:
    """Return an alert for each change of stage, compared with that of the last alert.

    A restated past can move a change to an earlier day: its alert then has the first day after the last look.
    """
    stage = sent.stage or decisions[0].previous
    found = []
    for decision in decisions:
        if decision.stage != stage:
            now, before = stage_code(decision.stage, labels), stage_code(stage, labels)
            text = " ".join(reason_sentence(code, labels) for code in decision.reasons)
            figures = {"stage": decision.stage, "previous_stage": stage, "reasons": list(decision.reasons)}
            day = decision.at.date()
            found.append(Alert(AlertKind.STAGE, day, f"{now}, was {before}, {day}", text, figures))
        stage = decision.stage
    return found


def _stale_data(day: date, stale: Mapping[str, str]) -> list[Alert]:
    """Return one alert about all series that became stale: a vendor that is unavailable makes many at once."""
    if not stale:
        return []
    title = f"{', '.join(stale)} {'is' if len(stale) == 1 else 'are'} stale"
    # `symbol` was the key of an alert about a single series.
    figures = {"symbol": next(iter(stale)), "symbols": list(stale)}
    return [Alert(AlertKind.STALE, day, title, " ".join(stale.values()), figures)]


def _near_miss(day: date, stage: str, trigger: Trigger) -> Alert:
    figures = {
        "stage": stage,
        "reading": trigger.reading,
        "distance": trigger.distance,
        "share": trigger.share,
        "leads": trigger.leads,
    }
    return Alert(AlertKind.NEAR_MISS, day, f"Near miss: {trigger.reading}, {day}", trigger.sentence, figures)
