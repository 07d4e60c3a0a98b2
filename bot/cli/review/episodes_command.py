"""Define `bot review episodes`: small-cap breakouts and their outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

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
from bot.cli.review.review_commands import RunOption, record_of

_EPISODE_COLUMNS: Mapping[bool, Sequence[Column]] = {
    True: (
        Column("session", "Session"),
        Column("outcome", "Outcome"),
        Column("confirmed", "Confirmed"),
        Column("eth", "Bought ETH"),
        Column("over", "Over"),
        Column("after", "ETH +63", True),
        Column("why", "Why"),
    ),
    False: tuple(
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
    ),
}


def episodes(
    run: RunOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    reason: ReasonOption = None,
    outcome: Annotated[
        Literal["confirmed", "failed", "expired", "vetoed", "open", "ignored"] | None,
        typer.Option(help="What became of the breakout."),
    ] = None,
    limit: LimitOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    as_markdown: MarkdownOption = False,
) -> None:
    """List the breakouts, traded or not: what became of each, and ETH in the quarter after it.

    Those of a forward ledger are computed from the market as it is known now.

    Example: bot review episodes --outcome vetoed
    """
    from bot.review.lists.episode_list import listed
    from bot.review.lists.market_episodes import episodes_of
    from bot.settings.loader import load_config

    style = format_of(as_json, as_csv, as_markdown)
    chosen = row_filter(style, None, since, until, reason, outcome, limit)
    known, why_none = episodes_of(load_config(config), record_of(config, run))
    found = listed(known, chosen)
    shown = list(map(_episode_cells, found.items)) if style == "table" else found.items
    print_list("episodes", _EPISODE_COLUMNS[style == "table"], shown, style)
    print_notes(style, why_none, left_out(found))


def _episode_cells(body: Mapping[str, Any]) -> dict[str, Any]:
    from bot.report import names
    from bot.report.numbers import NOTHING, change

    ended = "" if body["exit_reason"] == body["outcome"] else names.reasons(body["exit_reason"])
    held_back = f"vetoed by {names.reasons(body['vetoes'])}" if body["vetoes"] else ""
    elsewhere = f"was in {body['stage_then']}" if body["outcome"] == "ignored" else ""
    again = "armed again" if body["kind"] == "rearmed" else ""
    return {
        "session": body["session"],
        "outcome": body["outcome"],
        "confirmed": body["confirmed_session"] or NOTHING,
        "eth": body["eth_at"][:10] or NOTHING,
        "over": body["exit_at"][:10] or NOTHING,
        "after": change(body["eth_63"] if body["eth_63"] != "" else None),
        "why": "; ".join(part for part in (again, ended, held_back, elsewhere) if part),
    }
