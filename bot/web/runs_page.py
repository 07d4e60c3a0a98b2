"""Runs: every ledger and run, one of them, and two side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.core.errors import LedgerError
from bot.core.invariants import not_none
from bot.report import names, numbers
from bot.review.compare.compare import compare
from bot.review.recording import Record
from bot.web.chart import SvgChart, chart
from bot.web.curve import Curve, curve_of
from bot.web.paging import PagedRows, page_of
from bot.web.site import Plain, Site

FIGURES = ("total_return", "cagr", "max_drawdown", "volatility", "sharpe", "exposure")
_MOST_DIFFERENCES = 40


def runs(site: Site, page: int) -> PagedRows:
    """Every forward ledger by name and every complete run, the newest first, a page of them. Raises LedgerError."""
    records = site.records()
    return page_of(len(records), page, lambda count: [_listed(record) for record in records[:count]])


def _listed(record: Record) -> Plain:
    """What a record says of itself in a line; one that cannot be read says why."""
    try:
        return {"name": record.name, **(_of_run(record) if record.folder else _of_ledger(record)), "problem": ""}
    except LedgerError as problem:
        return {"name": record.name, "is_run": record.folder is not None, "problem": str(problem)}


def _of_run(record: Record) -> Plain:
    folder = not_none(record.folder, "the folder of a run")
    manifest, summary = folder.json("manifest.json"), folder.json("summary.json")
    return {
        "is_run": True,
        "what": "backtest",
        "market": names.market(manifest),
        "first": summary["start"],
        "last": summary["end"],
        "equity": summary["strategy"]["final_equity"],
        "total_return": summary["strategy"]["total_return"],
        "max_drawdown": summary["strategy"]["max_drawdown"],
    }


def _of_ledger(record: Record) -> Plain:
    epoch, valued = record.first("epoch"), record.last("valuation")
    cash = float(epoch.body["cash"]) if epoch else 0.0
    equity = float(valued.body["equity"]) if valued else None
    return {
        "is_run": False,
        "what": f"ledger, {epoch.body['broker']}" if epoch else "ledger",
        "market": "",
        "first": epoch.at[:10] if epoch else "",
        "last": valued.at[:10] if valued else "",
        "equity": equity,
        "total_return": equity / cash - 1 if equity is not None and cash else None,
        "max_drawdown": None,
    }


def run(record: Record) -> tuple[Plain, Curve]:
    """One ledger or run: where it comes from, its figures beside the benchmarks', and its warnings."""
    curve = curve_of(record)
    sequence, head = record.end()
    told: Plain = {"name": record.name, "is_run": record.folder is not None, "rows": sequence, "head": head}
    kinds = ("decision", "order", "fill", "settlement", "valuation", "late", "drift", "difference")
    told["counts"] = {kind: count for kind in kinds if (count := record.count(kind))}
    if record.folder is None:
        epochs = [{"at": row.at[:10], **row.body} for row in record.rows("epoch")]
        return {**told, "epochs": epochs, "figures": {"strategy": curve.figures()}, "warnings": []}, curve
    manifest, summary = record.folder.json("manifest.json"), record.folder.json("summary.json")
    return {
        **told,
        "market": names.market(manifest),
        "started": manifest["started"],
        "version": manifest["version"],
        "config_hash": manifest["config_hash"],
        "sealed_head": manifest["ledger"]["head"],
        "figures": {"strategy": summary["strategy"], **summary["benchmarks"]},
        "episodes": summary["episodes"],
        "random_timing": summary["random_timing"],
        "warnings": summary["warnings"],
    }, curve


def beside(one: Record, other: Record) -> tuple[Plain, list[SvgChart]]:
    """Two records over the days that both have: figures, curves from the same start, and what they did otherwise."""
    a, b = curve_of(one), curve_of(other)
    common = sorted(set(a.days) & set(b.days))
    if len(common) < 2:
        return {"a": one.name, "b": other.name, "days": len(common)}, []
    a, b = _only(a, common), _only(b, common)
    found = compare(one, other)
    told = {
        "a": one.name,
        "b": other.name,
        "days": len(common),
        "first": common[0],
        "last": common[-1],
        "figures": {name: {"a": a.figures().get(name), "b": b.figures().get(name)} for name in FIGURES},
        "summary": found.summary,
        "apart": len(found.parted),
        "differences": [parted.as_dict() for parted in found.parted[:_MOST_DIFFERENCES]],
    }
    gap = [x / y - 1 if y else 0.0 for x, y in zip(_from_start(a), _from_start(b), strict=True)]
    reach = max([abs(value) for value in gap] + [0.001]) * 1.1
    curves = [(one.name, "strategy", _from_start(a)), (other.name, "planted", _from_start(b))]
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
            "How far apart",
            f"{one.name} over {other.name}, from the same start.",
            common,
            [("Apart", "strategy", gap)],
            numbers.change,
            bounds=(-reach, reach),
            area="strategy",
        ),
    ]
    return told, [one for one in drawn if one is not None]


def _only(curve: Curve, days: Sequence[str]) -> Curve:
    place = {day: i for i, day in enumerate(curve.days)}
    kept = [place[day] for day in days]

    def of(values: Sequence[Any]) -> list[Any]:
        return [values[i] for i in kept]

    return Curve(curve.equity[kept[0]], days, of(curve.equity), of(curve.exposure), of(curve.stages), {})


def _from_start(curve: Curve) -> list[float]:
    return [value / curve.start * 100 for value in curve.equity]
