"""How a story and a day look on a terminal, and as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.report import numbers
from bot.report.names import stage as stage_name
from bot.report.numbers import figure
from bot.review.story.sparkline import sparkline
from bot.review.why.gauge import Gauge

if TYPE_CHECKING:
    from bot.review.story.story import Story
    from bot.review.why.odds import Odds
    from bot.review.why.why import Why

_WIDTH = 80
_WORDS = 31
_SPARK = 72


def story_lines(told: Story, is_ascii: bool) -> Iterator[str]:
    """A story as lines of 80 columns."""
    yield told.run
    for sentence in told.verdict:
        yield from _wrapped(sentence)
    if told.equity:
        yield ""
        yield sparkline([float(value) for _, value in told.equity], _SPARK, is_ascii)
        yield from _wrapped(f"Equity {told.range_line}.")
    yield ""
    if told.left_out:
        yield f"{told.left_out} earlier left out: --all shows them."
    for chapter in told.chapters:
        yield from _wrapped(f"{chapter.day}: {chapter.text}. {chapter.spans}", hang=12)
    if not told.chapters:
        yield "No stage was entered or left."
    yield ""
    for sentence in filter(None, (told.totals.sentence(), told.hypothetical, *told.notes)):
        yield from _wrapped(sentence)
    if told.look_at:
        yield ""
        yield "What to look at:"
    for look in told.look_at:
        yield from _wrapped(f"- {look.text}", hang=2)
        yield f"  {look.command}"
    yield ""
    yield "Days are those of the decision, at 00:00 UTC. Paper only, not advice."


def story_markdown(told: Story) -> Iterator[str]:
    """A story as Markdown."""
    yield f"# {_escaped(told.run)}\n"
    yield _escaped(" ".join(told.verdict)) + "\n"
    if told.equity:
        yield f"Equity {told.range_line}.\n"
    if told.left_out:
        yield f"{told.left_out} earlier left out.\n"
    for chapter in told.chapters:
        yield f"- **{chapter.day}** {_escaped(chapter.text)}. {chapter.spans}"
    yield ""
    for sentence in filter(None, (told.totals.sentence(), told.hypothetical, *told.notes)):
        yield _escaped(sentence) + "\n"
    for look in told.look_at:
        yield f"- {_escaped(look.text)} `{look.command}`"
    yield "\nPaper only, not advice."


def why_lines(told: Why) -> Iterator[str]:
    """A day as lines of 80 columns."""
    if told.row is None:
        yield from _wrapped(f"{told.run}, {told.day}: {told.gap}")
        if told.near:
            yield f"Nearest: {', '.join(f'bot review why {day} --run {told.run}' for day in told.near[:1])}"
        return
    came = "" if told.stage == told.previous else f", was {told.previous}"
    yield f"{told.run}, decided at {told.day} 00:00 UTC, #{told.row}"
    yield f"{told.stage}{came}: {stage_name(told.stage)}"
    yield ""
    for number, way in enumerate(told.ways):
        yield from _wrapped(way.sentence if not number else f"- {way.sentence}", hang=2 if number else 0)
    yield ""
    for sentence in (*told.reasons, *told.done):
        yield from _wrapped(sentence)
    if told.gauges:
        yield ""
        yield f"{'Reading':{_WORDS}} {'Value':>9} {'Limit':>9} {'Off by':>9} {'%':>8} Holds"
    for gauge in told.gauges:
        yield from _gauge(gauge)


def _gauge(gauge: Gauge) -> Iterator[str]:
    """A reading in one line or more: a gate that is on is marked, and what lacks says so."""
    mark = {True: "gate: ", False: "off: ", None: ""}[gauge.gate]
    words = textwrap.wrap(mark + gauge.words, _WORDS) or [""]
    value, limit, off = (figure(gauge.name, one) for one in (gauge.value, gauge.threshold, gauge.distance))
    share = "" if gauge.share is None else numbers.change(gauge.share)
    yield f"{words[0]:{_WORDS}} {value:>9} {limit:>9} {off:>9} {share:>8} {gauge.verdict}"
    for rest in words[1:]:
        yield f"  {rest}"


def odds_lines(told: Odds | None, as_list: bool) -> Iterator[str]:
    """The odds of the past, a sentence each."""
    yield ""
    sentences = told.sentences() if told else ["The market does not reach back to this day: no odds."]
    for sentence in sentences:
        yield from [f"- {sentence}"] if as_list else _wrapped(sentence)


def why_markdown(told: Why) -> Iterator[str]:
    """A day as Markdown."""
    yield f"# {_escaped(told.run)}, {told.day}\n"
    if told.row is None:
        yield _escaped(told.gap)
        return
    yield f"{_escaped(told.stage)}: {_escaped(stage_name(told.stage))} (#{told.row})\n"
    for sentence in (*(way.sentence for way in told.ways), *told.reasons, *told.done):
        yield f"- {_escaped(sentence)}"
    yield "\n| reading | value | limit | off by | % | holds | gate |\n|---|---:|---:|---:|---:|---|---|"
    for gauge in told.gauges:
        gate = {True: "on", False: "off", None: ""}[gauge.gate]
        cells = (
            _escaped(gauge.words),
            figure(gauge.name, gauge.value),
            figure(gauge.name, gauge.threshold),
            figure(gauge.name, gauge.distance),
            numbers.change(gauge.share),
            gauge.verdict,
            gate,
        )
        yield f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """A text in which Markdown and HTML find no command."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{letter}" if letter in "\\`*_[]|" else letter for letter in safe)


def _wrapped(text: str, hang: int = 0) -> Iterator[str]:
    yield from textwrap.wrap(text, _WIDTH, subsequent_indent=" " * hang, break_on_hyphens=False) or [""]
