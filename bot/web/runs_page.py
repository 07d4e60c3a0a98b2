"""Runs pages: the list of ledgers and runs, one of them, and two side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from bot.core.errors import LedgerError
from bot.core.events import ConfigPeriod, Valuation
from bot.core.invariants import not_none
from bot.ledger.newest_study import study_line
from bot.ledger.run_folder import RunFolder
from bot.ledger.run_label import label_of
from bot.report import names, numbers
from bot.report.headline import timing_left_out
from bot.report.strategy_text import ROTATION, strategy_name, text_of_strategy
from bot.review.compare.compare import compare
from bot.review.recording import Record
from bot.web.curve import Curve, curve_of
from bot.web.paging import PagedRows, page_of_items
from bot.web.site import Site
from bot.web.svg_chart import SvgChart, chart

FIGURES = ("total_return", "cagr", "max_drawdown", "volatility", "sharpe", "exposure")
_MOST_DIFFERENCES = 40
T = TypeVar("T")


def runs(site: Site, page: int) -> PagedRows:
    """List forward ledgers by name, then complete runs, the newest first, one page. Raises LedgerError."""
    return page_of_items(site.records(), page, _listed)


def _listed(record: Record) -> Mapping[str, object]:
    """Return the row of a record in the list; an unreadable record has its problem there."""
    try:
        return {"name": record.name, **(_of_run(record) if record.folder else _of_ledger(record)), "problem": ""}
    except LedgerError as problem:
        return {"name": record.name, "is_run": record.folder is not None, "problem": str(problem)}


def _of_run(record: Record) -> Mapping[str, object]:
    folder = not_none(record.folder, "the folder of a run")
    return _figures(folder, tuple(_stamp(folder.path / name) for name in ("manifest.json", "summary.json")))


def _stamp(file: Path) -> tuple[int, int, int] | None:
    """Return what changes whenever a file is written again or replaced; None if it is missing."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


@lru_cache(maxsize=10_000)  # a list of runs is shown again and again, and a run is written once
def _figures(folder: RunFolder, stamps: tuple[object, ...]) -> Mapping[str, object]:
    """Read the row of a run, once for each state of its two files. Raises LedgerError."""
    manifest, summary = folder.json("manifest.json"), folder.json("summary.json")
    return {
        "is_run": True,
        "title": label_of(manifest).name,
        "note": label_of(manifest).note,
        "what": "backtest",
        "strategy": text_of_strategy(manifest.get("config", {}), strategy_name(manifest)).name,
        "market": names.market(manifest),
        "first": summary["start"],
        "last": summary["end"],
        "equity": summary["strategy"]["final_equity"],
        "total_return": summary["strategy"]["total_return"],
        "max_drawdown": summary["strategy"]["max_drawdown"],
    }


def titles(records: Sequence[Record]) -> dict[str, str]:
    """Return the names that the user gave runs, by run id."""
    files = {one.name: one.folder for one in records if one.folder is not None}
    found = {name: _title(folder, _stamp(folder.path / "manifest.json")) for name, folder in files.items()}
    return {name: title for name, title in found.items() if title}


@lru_cache(maxsize=10_000)
def _title(folder: RunFolder, stamp: tuple[int, int, int] | None) -> str:
    """Read the name of a run, once for each state of its manifest; "" if it is unreadable."""
    try:
        return label_of(folder.json("manifest.json")).name
    except LedgerError:
        return ""


def _of_ledger(record: Record) -> Mapping[str, object]:
    period, valued = record.first_event(ConfigPeriod), record.last_event(Valuation)
    cash = float(period.event.cash) if period else 0.0
    equity = float(valued.event.equity) if valued else None
    return {
        "is_run": False,
        "what": f"ledger, {period.event.broker}" if period else "ledger",
        "strategy": (period.event.strategy or ROTATION.name) if period else "",
        "market": "",
        "first": period.day if period else "",
        "last": valued.day if valued else "",
        "equity": equity,
        "total_return": equity / cash - 1 if equity is not None and cash else None,
        "max_drawdown": _drawdown(record, record.end()),
    }


@lru_cache(maxsize=1_000)
def _drawdown(record: Record, end: tuple[int, str]) -> float | None:
    """Return the largest fall of a ledger from a peak, read once for each newest row; None before the first close."""
    return min(curve_of(record).falls, default=None)


def run(site: Site, record: Record) -> tuple[dict[str, object], Curve]:
    """Read the origin, figures, benchmarks, verdict and warnings of one ledger or run. Raises LedgerError."""
    curve = curve_of(record)
    # The hash of the last row stands for the whole ledger; `bot review verify` recomputes the chain.
    sequence, head = record.end()
    data: dict[str, object] = {"name": record.name, "is_run": record.folder is not None, "rows": sequence, "head": head}
    kinds = ("decision", "order", "fill", "settlement", "valuation", "late", "drift", "difference")
    data["counts"] = {kind: count for kind in kinds if (count := record.count(kind))}
    if record.folder is None:
        epochs = [{**one.to_dict(), "at": one.day} for one in record.events(ConfigPeriod)]
        return {**data, "epochs": epochs, "figures": {"strategy": curve.figures()}, "warnings": []}, curve
    manifest, summary = record.folder.json("manifest.json"), record.folder.json("summary.json")
    labels, label = site.labels(record), label_of(manifest)
    return {
        **data,
        **({"title": label.name} if label.name else {}),
        **({"note": label.note} if label.note else {}),
        "market": names.market(manifest),
        "started": manifest["started"],
        "version": manifest["version"],
        "config_hash": manifest["config_hash"],
        "sealed_head": manifest["ledger"]["head"],
        "figures": {"strategy": summary["strategy"], **summary["benchmarks"]},
        "strategy": labels.strategy.title,
        "random_timing": summary["random_timing"],
        "random_timing_text": timing_left_out(summary["random_timing"]),
        **({"episodes": summary["episodes"], "study": study_line(site.state, manifest)} if labels.is_rotation else {}),
        "warnings": summary["warnings"],
    }, curve


def side_by_side(one: Record, other: Record) -> tuple[Mapping[str, object], list[SvgChart]]:
    """Compare two records over their common days: figures, curves from the same start, and differences.

    Raises LedgerError.
    """
    a, b = curve_of(one), curve_of(other)
    common = sorted(set(a.days) & set(b.days))
    if len(common) < 2:
        return {"a": one.title, "b": other.title, "days": len(common)}, []
    a, b = _only(a, common), _only(b, common)
    found = compare(one, other)
    data = {
        "a": one.title,
        "b": other.title,
        "days": len(common),
        "first": common[0],
        "last": common[-1],
        "figures": {name: {"a": a.figures().get(name), "b": b.figures().get(name)} for name in FIGURES},
        "summary": found.summary,
        "apart": len(found.mismatches),
        "differences": [one.as_dict() for one in found.mismatches[:_MOST_DIFFERENCES]],
    }
    gap = [y / x - 1 if x else 0.0 for x, y in zip(_from_start(a), _from_start(b), strict=True)]
    # As on the page of `bot review compare`: the second is measured against the first.
    curves = [(one.title, "planted", _from_start(a)), (other.title, "strategy", _from_start(b))]
    drawn = [
        chart(
            "From the same start",
            "Growth of 100 from the first day that both have.",
            common,
            curves,
            numbers.short_money,
            height="tall",
        ),
        chart(
            "Difference",
            f"Equity of {other.title} over that of {one.title}, less one.",
            common,
            [("Difference", "strategy", gap)],
            numbers.growth,
            bounds=_bounds(gap),
            area="strategy",
        ),
    ]
    return data, [one for one in drawn if one is not None]


def _bounds(gap: Sequence[float]) -> tuple[float, float]:
    """Return the ends of the axis of a difference, as far below zero as above it, but for the part under -100%."""
    reach = max([abs(value) for value in gap] + [0.001]) * 1.1
    return max(-reach, -1.0), reach


def _only(curve: Curve, days: Sequence[str]) -> Curve:
    place = {day: i for i, day in enumerate(curve.days)}
    kept = [place[day] for day in days]

    def of(values: Sequence[T]) -> list[T]:
        return [values[i] for i in kept]

    return Curve(curve.equity[kept[0]], days, of(curve.equity), of(curve.exposure), of(curve.stages), {})


def _from_start(curve: Curve) -> list[float]:
    # The start of a cut curve is its first common day, so both begin at 100.
    return [value / curve.start * 100 for value in curve.equity]
