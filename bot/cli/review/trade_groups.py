"""Sums of trades by coin, stage, breakout or reason: their columns and cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.cli.list_output import Column, Format

if TYPE_CHECKING:
    from bot.report.labels import Labels
    from bot.review.lists.trade_sums import Group

_BY = {"coin": "Coin", "stage": "Bought in", "episode": "Breakout", "reason": "Why sold"}


def group_columns(by: str, style: Format) -> Sequence[Column]:
    """Return the columns of the sums."""
    if style != "table":
        keys = ("key", "trips", "gains", "open", "pnl", "unrealised", "fees", "slippage", "mean_days")
        return [Column(key, key, key != "key") for key in keys]
    titles = {
        "trips": "Round trips",
        "win_rate": "Win rate",
        "days": "Days",
        "pnl": "P&L",
        "held": "Unrealised",
        "fees": "Fees",
    }
    numbers = [Column(key, title, True) for key, title in {**titles, "slippage": "Slippage"}.items()]
    return [Column("key", _BY[by]), *numbers]


def group_record(one: Group) -> dict[str, object]:
    """Return a sum with exact numbers, for JSON and CSV."""
    from bot.ledger.codec import plain

    return {
        "key": one.key,
        "trips": one.round_trips,
        "gains": one.gains,
        "open": one.open,
        "pnl": plain(one.pnl),
        "unrealised": None if one.unrealised is None else plain(one.unrealised),
        "fees": plain(one.fees),
        "slippage": plain(one.slippage),
        "mean_days": None if one.days is None else round(one.days, 4),
    }


def group_cells(one: Group, by: str, labels: Labels) -> dict[str, object]:
    """Return a sum with rounded numbers, for a table."""
    from bot.report.numbers import NOTHING, count, money, percent

    return {
        "key": _title(one.key, by, labels),
        "trips": one.round_trips,
        "win_rate": percent(one.gains / one.round_trips if one.round_trips else None),
        "days": count(one.days),
        "pnl": money(one.pnl),
        "held": money(one.unrealised) if one.open else NOTHING,
        "fees": money(one.fees),
        "slippage": money(one.slippage),
    }


def _title(key: str, by: str, labels: Labels) -> str:
    from bot.report import names

    if by == "reason":
        return names.reasons(key, labels) or "still open"
    return (names.stage_code(key, labels) if by == "stage" else key) or "none known"
