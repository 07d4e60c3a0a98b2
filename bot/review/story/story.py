"""The story of a record: verdict, equity, what happened stage by stage, totals, and what to look at next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bot.core.events import AccountSnapshot, Acknowledged, BalanceDifference, ConfigPeriod
from bot.core.moments import ONE_DAY
from bot.ledger.codec import plain
from bot.ledger.record import Row
from bot.ledger.testnet_account import expected_account
from bot.report import numbers
from bot.report.labels import PLAIN, Labels
from bot.report.numbers import counted
from bot.review.recording import Record
from bot.review.story import summary as verdict
from bot.review.story.activity import KINDS, activity_of
from bot.review.story.hypothetical import UNBOUGHT, hypothetical, hypothetical_line
from bot.review.story.stage_changes import OTHERS, StageChange, stage_changes

SHOWN = 12
"""Chapters of a story that is not asked for in full."""
_DAYS, _ROWS, _LOOKS = 10_000, 20_000, 3
_FILLED_WITHIN = 7 * ONE_DAY


@dataclass(frozen=True, slots=True)
class Look:
    """Something that a sceptic should look at next, and the command that shows it."""

    text: str
    command: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a story's fills, money in the stablecoin; `short` counts orders that were not filled in full."""

    fills: int
    bought: Decimal
    sold: Decimal
    fees: Decimal
    slippage: Decimal
    short: int
    settled: int

    def sentence(self) -> str:
        """The sums in one sentence."""
        if not self.fills:
            return "No trade, no costs."
        told = (
            f"{counted(self.fills, 'fill')}: {numbers.money(self.bought)} bought, {numbers.money(self.sold)} sold; "
            f"{numbers.money(self.fees)} in fees and {numbers.money(self.slippage)} in slippage."
        )
        short = f" {counted(self.short, 'order')} not filled in full." if self.short else ""
        settled = f" {counted(self.settled, 'settlement')}." if self.settled else ""
        return told + short + settled

    def as_dict(self) -> dict[str, Any]:
        """The sums as plain data, money as decimal text."""
        return {
            "fills": self.fills,
            "bought": plain(self.bought),
            "sold": plain(self.sold),
            "fees": plain(self.fees),
            "slippage": plain(self.slippage),
            "short": self.short,
            "settled": self.settled,
        }


@dataclass(frozen=True, slots=True)
class Story:
    """A record as its reader is told of it; `left_out` counts earlier chapters, `notes` say what was not read."""

    run: str
    verdict: tuple[str, ...]
    equity: tuple[tuple[str, Decimal], ...]
    chapters: tuple[StageChange, ...]
    left_out: int
    totals: Totals
    hypothetical: str
    look_at: tuple[Look, ...]
    notes: tuple[str, ...] = ()

    @property
    def range_line(self) -> str:
        """The lowest and highest equity with their days, and the last."""
        low, high = min(self.equity, key=lambda day: day[1]), max(self.equity, key=lambda day: day[1])
        return (
            f"{numbers.money(low[1])} ({low[0]}) to {numbers.money(high[1])} ({high[0]}), "
            f"last {numbers.money(self.equity[-1][1])}"
        )

    def as_dict(self) -> dict[str, Any]:
        """The story as plain data."""
        return {
            "run": self.run,
            "verdict": list(self.verdict),
            "equity": [{"day": day, "equity": plain(value)} for day, value in self.equity],
            "chapters": [{**chapter.as_dict(), "spans": chapter.spans} for chapter in self.chapters],
            "left_out": self.left_out,
            "totals": self.totals.as_dict(),
            "hypothetical": self.hypothetical,
            "look_at": [{"text": look.text, "command": look.command} for look in self.look_at],
            "notes": list(self.notes),
        }


_OF_THE_WHOLE = "The verdict, and what a day's delay would have made, are of the whole record."


def story_of(
    record: Record,
    terms: Labels = PLAIN,
    since: date | None = None,
    until: date | None = None,
    every: bool = False,
) -> Story:
    """The story of a record, from a day to a day; the verdict is always of the whole. Raises LedgerError."""
    valued = _newest(record, ("valuation",), since, until, _DAYS)
    decided = _newest(record, ("decision",), since, until, _DAYS)
    rows = _newest(record, KINDS, since, until + _FILLED_WITHIN if until else None, _ROWS)
    others = _newest(record, OTHERS, since, until, _ROWS)
    equity = [(row.at[:10], Decimal(row.body["equity"])) for row in valued]
    done = activity_of(rows)
    if until is not None:
        done = {day: found for day, found in done.items() if day <= until.isoformat()}
    before, start = _before(record, decided)
    found = stage_changes(decided, done, others, dict(equity), before, start, terms)
    shown = found if every else found[-SHOWN:]
    unknown = _unknown(record)
    episodes = [row.body for row in record.rows("episode", since=since, until=until)]
    return Story(
        run=record.name,
        verdict=tuple(_verdict(record, unknown, terms)),
        equity=tuple(equity),
        chapters=tuple(shown),
        left_out=len(found) - len(shown),
        totals=_totals(
            row for of_day in done.values() for row in (*of_day.fills, *of_day.results, *of_day.settlements)
        ),
        hypothetical=hypothetical_line(hypothetical(episodes), terms.eth),
        look_at=tuple(_looks(record, equity, others, unknown, episodes)[:_LOOKS]),
        notes=(*([_OF_THE_WHOLE] if since or until else []), *_cuts(len(decided), len(rows))),
    )


def _newest(record: Record, kinds: Sequence[str], since: date | None, until: date | None, limit: int) -> list[Row]:
    """The newest rows of some kinds up to a limit, in order."""
    rows = list(record.rows(*kinds, since=since, until=until, newest_first=True, limit=limit))
    return rows[::-1]


def _cuts(days: int, rows: int) -> list[str]:
    """What was too much to read."""
    return [
        *([f"Only the newest {_DAYS:,} days were read: --until goes further back."] if days == _DAYS else []),
        *([f"Only the newest {_ROWS:,} rows of orders and fills were read, for totals too."] if rows == _ROWS else []),
    ]


def _before(record: Record, decided: Sequence[Row]) -> tuple[Row | None, Decimal | None]:
    """The decision before some decisions, and what the book was worth then; None where the record does not say."""
    eve = date.fromisoformat(decided[0].at[:10]) - ONE_DAY if decided else None
    valued = record.last("valuation", until=eve) if eve else None
    start = Decimal(valued.body["equity"]) if valued else _start(record)
    return record.last("decision", until=eve) if eve else None, start


def _start(record: Record) -> Decimal | None:
    """What a record began with; None where it does not say."""
    if record.folder is not None:
        return Decimal(str(record.folder.json("manifest.json")["config"]["start_equity"]))
    first = record.first("epoch")
    return Decimal(first.body["cash"]) if first else None


def _verdict(record: Record, unknown: int, terms: Labels) -> list[str]:
    if record.folder is None:
        return verdict.of_ledger(record, unknown, terms)
    manifest, summary = record.folder.json("manifest.json"), record.folder.json("summary.json")
    config = manifest["config"]
    start, quote = Decimal(str(config["start_equity"])), config["roles"]["stablecoin"]
    return verdict.of_backtest(summary, start, quote, manifest["market"] == "demo", terms)


def _unknown(record: Record) -> int:
    """How many differences of a testnet account nothing explains and nobody has seen."""
    seen = record.events(ConfigPeriod, AccountSnapshot, BalanceDifference, Acknowledged)
    return len(expected_account(one.event for one in seen).unknown)


def _totals(rows: Iterable[Row]) -> Totals:
    sums = {"buy": Decimal(0), "sell": Decimal(0)}
    fees = slippage = Decimal(0)
    fills = short = settled = 0
    for row in rows:
        body = row.body
        if row.kind == "fill":
            quantity, price = Decimal(body["quantity"]), Decimal(body["price"])
            worse = price - Decimal(body["reference_price"])
            fills += 1
            sums[body["side"]] += quantity * price
            fees += Decimal(body["fee"])
            slippage += quantity * (worse if body["side"] == "buy" else -worse)
        elif row.kind == "order_result":
            short += body["status"] != "filled"
        else:
            settled += 1
            fees += Decimal(body["fee"])
    return Totals(fills, sums["buy"], sums["sell"], fees, slippage, short, settled)


# --- what to look at -----------------------------------------------------------------------------------------


def _looks(
    record: Record,
    equity: list[tuple[str, Decimal]],
    others: Sequence[Row],
    unknown: int,
    episodes: Sequence[Mapping[str, Any]],
) -> list[Look]:
    """What speaks against the record, the gravest first."""
    return [
        *_unclear(record, unknown),
        *_odd_days(record, others),
        *_late_by_a_day(record),
        *_fall(record, equity),
        *_unbought(record, episodes),
        *_warnings(record),
    ]


def _unclear(record: Record, unknown: int) -> list[Look]:
    if not unknown:
        return []
    told = f"{counted(unknown, 'difference')} of the testnet account that nothing explains."
    return [Look(told, f"bot paper status --ledger {record.name}")]


def _odd_days(record: Record, others: Sequence[Row]) -> list[Look]:
    """The last day that drifted, and the last that was missed."""
    drifts = [row for row in others if row.kind == "drift"]
    missed = [row for row in others if row.kind == "late" and row.body["missed"]]
    told = (
        ("would be decided otherwise on what is known now, the last on", drifts),
        ("came too late to be traded, the last on", missed),
    )
    return [
        Look(f"{counted(len(rows), 'day')} {what} {rows[-1].at[:10]}.", _why(record, rows[-1].at[:10]))
        for what, rows in told
        if rows
    ]


def _late_by_a_day(record: Record) -> list[Look]:
    if record.folder is None:
        return []
    summary = record.folder.json("summary.json")
    late = summary.get("a_day_late")
    if late is None:
        return []
    made, own = numbers.growth(late["total_return"]), numbers.growth(summary["strategy"]["total_return"])
    told = f"Carried out a day late it would have made {made} instead of {own}."
    return [Look(told, f"bot review trades --run {record.name}")]


def _fall(record: Record, equity: list[tuple[str, Decimal]]) -> list[Look]:
    found = verdict.worst_fall(equity)
    if found is None:
        return []
    peak, trough, share = found
    told = f"The worst fall, {numbers.change(share)} from {peak} to {trough}."
    return [Look(told, _why(record, trough))]


def _unbought(record: Record, episodes: Sequence[Mapping[str, Any]]) -> list[Look]:
    count = sum(episode["outcome"] in UNBOUGHT for episode in episodes)
    if not count:
        return []
    armed = sum(episode["outcome"] != "ignored" for episode in episodes)
    told = f"{count} of {counted(armed, 'record')} that armed the bot never confirmed: vetoed, failed or expired."
    return [Look(told, f"bot review episodes --run {record.name}")]


def _warnings(record: Record) -> list[Look]:
    count = len(record.folder.json("summary.json")["warnings"]) if record.folder else 0
    return [Look(f"{counted(count, 'warning')} about the prices.", "bot data check")] if count else []


def _why(record: Record, day: str) -> str:
    return f"bot review why {day} --run {record.name}"
