"""Define `bot review episodes`: small-cap breakouts and their outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.console import ConfigOption, JsonOption
from bot.cli.list_output import Column, CsvOption, MarkdownOption, format_of, print_list
from bot.cli.review.list_options import (
    LimitOption,
    ReasonOption,
    SinceOption,
    UntilOption,
    left_out,
    print_notes,
    row_filter,
)
from bot.cli.review.review_commands import RunOption, labels_for, record_of

if TYPE_CHECKING:
    from bot.core.events import Episode
    from bot.report.labels import Labels

_EXACT_COLUMNS = tuple(
    Column(key, key)
    for key in (
        "session",
        "known_at",
        "kind",
        "close",
        "level",
        "base_sessions",
        "outcome",
        "confirmed_session",
        "vetoes",
        "eth_at",
        "alts_at",
        "exit_at",
        "exit_reason",
        "eth_21",
        "eth_42",
        "eth_63",
        "btc_63",
        "stage_then",
    )
)


def _table_columns(labels: Labels) -> Sequence[Column]:
    return (
        Column("session", "Session"),
        Column("outcome", "Outcome"),
        Column("confirmed", "Confirmed"),
        Column("eth", f"Bought {labels.eth}"),
        Column("over", "Over"),
        Column("after", f"{labels.eth} +63", True),
        Column("why", "Why"),
    )


def episodes(
    run: RunOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    reason: ReasonOption = None,
    outcome: Annotated[
        Literal["confirmed", "failed", "expired", "vetoed", "open", "ignored"] | None,
        typer.Option(help="Outcome of the breakout."),
    ] = None,
    limit: LimitOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    as_markdown: MarkdownOption = False,
) -> None:
    """List the breakouts, traded or ignored: the outcome of each, and the lead coin's return over 63 sessions.

    For a forward ledger they are computed from the market as known now.

    Example: bot review episodes --outcome vetoed
    """
    from bot.review.lists.episode_list import episode_dict, listed
    from bot.review.lists.market_episodes import episodes_of
    from bot.settings.loader import load_config

    style = format_of(as_json, as_csv, as_markdown)
    chosen = row_filter(style, None, since, until, reason, outcome, limit)
    record = record_of(config, run)
    labels = labels_for(record, config)
    known, why_none = episodes_of(load_config(config), record) if labels.is_rotation else ([], "")
    if style == "table" and not labels.is_rotation:
        print_notes(style, f"{labels.strategy.title} has no episodes.")
        return
    found = listed(known, chosen)
    if style == "table":
        print_list("episodes", _table_columns(labels), [_episode_cells(one, labels) for one in found.items], style)
    else:
        print_list("episodes", _EXACT_COLUMNS, list(map(episode_dict, found.items)), style)
    print_notes(style, why_none, left_out(found))


def _day(moment: date | None) -> str:
    from bot.report.numbers import NOTHING

    return NOTHING if moment is None else f"{moment:%Y-%m-%d}"


def _episode_cells(episode: Episode, labels: Labels) -> dict[str, object]:
    from bot.report import names
    from bot.report.numbers import change
    from bot.review.lists.trade_list import IGNORED

    exit_reason = ";".join(episode.exit_reasons)
    ended = "" if exit_reason == episode.outcome else names.reasons(exit_reason, labels)
    held_back = f"vetoed by {names.reasons(';'.join(episode.vetoes), labels)}" if episode.vetoes else ""
    elsewhere = f"was in {names.stage_code(episode.stage_then, labels)}" if episode.outcome == IGNORED else ""
    again = "armed again" if episode.kind == "rearmed" else ""
    return {
        "session": str(episode.session),
        "outcome": episode.outcome,
        "confirmed": _day(episode.confirmed_session),
        "eth": _day(episode.eth_at),
        "over": _day(episode.exit_at),
        "after": change(episode.returns.get("eth_63")),
        "why": "; ".join(part for part in (again, ended, held_back, elsewhere) if part),
    }
