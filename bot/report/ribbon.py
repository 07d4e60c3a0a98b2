"""Chart of the small-cap index with the stages of the rotation and the level of each breakout."""

from __future__ import annotations

from html import escape

import pandas as pd

from bot.report import names, numbers
from bot.report.background import stage_background, stage_swatches
from bot.report.chart_style import EMPHASIS_WIDTH, INDEX_WIDTH
from bot.report.contents import Cells, Contents
from bot.report.plot import Chart, Plain, axis, dates, line, over_time, rounded, watermark_of

_SIGNS = {
    "confirmed": "circle",
    "vetoed": "x",
    "expired": "circle-open",
    "failed": "triangle-down",
    "open": "square-open",
    "ignored": "diamond-open",
}
_UNENDED = pd.Timedelta(days=90)  # how far the level of an episode without an end is drawn


def ribbon(contents: Contents) -> Chart:
    """Draw the index, the stages and the breakouts."""
    table, episodes = contents.tables["equity"], contents.tables["episodes"]
    symbol = str(contents.manifest["config"]["roles"]["small_caps"])
    index = "Synthetic small-cap index" if contents.is_demo else contents.labels.small_caps or symbol
    layout = over_time(table.index, axis(f"{index} (points, close)", tickformat=",~r"))
    return Chart(
        "ribbon",
        f"{index} and the stage",
        "Colours are the stage of the rotation, plain background is waiting. A mark stands on the level of each "
        "breakout, which is drawn until the episode ends.",
        [_closes(contents, index), _levels(episodes, table.index[-1]), *_marks(episodes, contents.labels.eth)],
        {**layout, "shapes": stage_background(table["stage"]), "hovermode": "closest"},
        height="tall",
        watermark=watermark_of(contents),
        swatches=stage_swatches(table["stage"], contents.labels),
    )


def _closes(contents: Contents, name: str) -> Plain:
    table = contents.tables["equity"]
    closes = contents.small_caps.loc[table.index[0] : table.index[-1]]
    # Sessions and UTC days are different calendars: a session has the stage of the day at or before it.
    stages = table["stage"].reindex(closes.index, method="ffill")
    said = [escape(names.stage(stage, contents.labels)) for stage in stages]
    return line(
        name, dates(closes.index), closes, "--ink", width=INDEX_WIDTH, text=said, hovertemplate="%{y:,.2f} (%{text})"
    )


def _levels(episodes: pd.DataFrame, last: pd.Timestamp) -> Plain:
    """Return the level of each breakout from its session to the end of its episode, as one trace with gaps."""
    x: list[str | None] = []
    y: list[float | None] = []
    for episode in episodes.to_dict("records"):
        first, end = episode["session"], episode["exit_at"]
        until = min(first + _UNENDED if pd.isna(end) else end.tz_localize(None), last)
        x += [numbers.day(first), numbers.day(until), None]
        y += [*rounded([episode["level"]] * 2), None]
    style = {"color": "--level", "width": EMPHASIS_WIDTH, "dash": "solid"}
    name = "Breakout level"
    return {"type": "scatter", "mode": "lines", "name": name, "x": x, "y": y, "line": style, "hoverinfo": "skip"}


def _marks(episodes: pd.DataFrame, eth: str) -> list[Plain]:
    """Return a mark on each breakout, one trace for each outcome."""
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": f"Breakout, {escape(str(outcome))}",
            "x": group["session"].dt.strftime("%Y-%m-%d").tolist(),
            "y": rounded(group["level"]),
            "marker": _mark(str(outcome)),
            "text": [_story(episode, eth) for episode in group.to_dict("records")],
            "hovertemplate": "%{text}<extra></extra>",
        }
        for outcome, group in episodes.groupby("outcome")
    ]


def _mark(outcome: str) -> Plain:
    line_of_mark = {"width": 2, "color": "--level"}
    return {"symbol": _SIGNS.get(outcome, "circle"), "size": 9, "color": "--level", "line": line_of_mark}


def _story(episode: Cells, eth: str) -> str:
    return (
        f"{numbers.day(episode['session'])}: breakout above {numbers.price(episode['level'])}"
        f"<br>{escape(str(episode['outcome']))}"
        f"<br>{eth} after 63 sessions {numbers.change(episode['eth_63'])}"
    )
