"""Format a story and a day for a terminal, and as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.report import numbers
from bot.report.labels import Labels
from bot.report.names import stage as stage_name
from bot.report.names import stage_code
from bot.report.numbers import figure
from bot.review.story.sparkline import sparkline
from bot.review.why.gauge import Gauge

if TYPE_CHECKING:
    from bot.review.story import Story
    from bot.review.why import Why
    from bot.review.why.odds import Odds

_WIDTH = 80
_WORDS = 31
_SPARK = 72


def story_lines(story: Story, is_ascii: bool) -> Iterator[str]:
    """Format a story as lines of 80 columns."""
    yield story.run
    for sentence in story.verdict:
        yield from _wrapped(sentence)
    if story.equity:
        yield ""
        yield sparkline([float(value) for _, value in story.equity], _SPARK, is_ascii)
        yield from _wrapped(f"Equity {story.range_line}.")
    yield ""
    if story.left_out:
        yield f"{story.left_out} earlier left out: --all shows them."
    for entry in story.entries:
        yield from _wrapped(f"{entry.day}: {entry.text}. {entry.spans}", hang=12)
    if not story.entries:
        yield "No stage was entered or left." if story.is_rotation else "No trade was made."
    yield ""
    for sentence in filter(None, (story.totals.sentence(), story.hypothetical, *story.notes)):
        yield from _wrapped(sentence)
    if story.look_at:
        yield ""
        yield "What to look at:"
    for look in story.look_at:
        yield from _wrapped(f"- {look.text}", hang=2)
        yield f"  {look.command}"
    yield ""
    yield "Days are those of the decision, at 00:00 UTC. Paper only, not advice."


def story_markdown(story: Story) -> Iterator[str]:
    """Format a story as Markdown."""
    yield f"# {_escaped(story.run)}\n"
    yield _escaped(" ".join(story.verdict)) + "\n"
    if story.equity:
        yield f"Equity {story.range_line}.\n"
    if story.left_out:
        yield f"{story.left_out} earlier left out.\n"
    for entry in story.entries:
        yield f"- **{entry.day}** {_escaped(entry.text)}. {entry.spans}"
    yield ""
    for sentence in filter(None, (story.totals.sentence(), story.hypothetical, *story.notes)):
        yield _escaped(sentence) + "\n"
    for look in story.look_at:
        yield f"- {_escaped(look.text)} `{look.command}`"
    yield "\nPaper only, not advice."


def why_lines(why: Why, labels: Labels) -> Iterator[str]:
    """Format a day as lines of 80 columns."""
    if why.row is None:
        yield from _wrapped(f"{why.run}, {why.day}: {why.gap}")
        if why.near:
            yield f"Nearest: {', '.join(f'bot review why {day} --run {why.run}' for day in why.near[:1])}"
        return
    was = "" if why.stage == why.previous else f", was {stage_code(why.previous, labels)}"
    yield f"{why.run}, decided at {why.day} 00:00 UTC, #{why.row}"
    words = f": {stage_name(why.stage, labels)}" if labels.is_rotation else ""
    yield f"{stage_code(why.stage, labels)}{was}{words}"
    yield ""
    for number, trigger in enumerate(why.triggers):
        yield from _wrapped(trigger.sentence if not number else f"- {trigger.sentence}", hang=2 if number else 0)
    if why.triggers:
        yield ""
    for sentence in (*why.reasons, *why.done):
        yield from _wrapped(sentence)
    if why.gauges:
        yield ""
        yield f"{'Reading':{_WORDS}} {'Value':>9} {'Limit':>9} {'Off by':>9} {'%':>8} Holds"
    for gauge in why.gauges:
        yield from _gauge(gauge)


def _gauge(gauge: Gauge) -> Iterator[str]:
    """Format a reading in one line or more, marked if it is a gate."""
    mark = {True: "gate: ", False: "off: ", None: ""}[gauge.gate]
    words = textwrap.wrap(mark + gauge.words, _WORDS, break_on_hyphens=False) or [""]
    value, limit, off = (figure(gauge.name, one) for one in (gauge.value, gauge.threshold, gauge.distance))
    share = "" if gauge.share is None else numbers.change(gauge.share)
    yield f"{words[0]:{_WORDS}} {value:>9} {limit:>9} {off:>9} {share:>8} {gauge.verdict}"
    for rest in words[1:]:
        yield f"  {rest}"


def odds_lines(odds: Odds | None, as_list: bool) -> Iterator[str]:
    """Format the odds of the past, a sentence each."""
    yield ""
    sentences = odds.sentences() if odds else ["The market does not reach back to this day: no odds."]
    for sentence in sentences:
        yield from [f"- {sentence}"] if as_list else _wrapped(sentence)


def why_markdown(why: Why, labels: Labels) -> Iterator[str]:
    """Format a day as Markdown."""
    yield f"# {_escaped(why.run)}, {why.day}\n"
    if why.row is None:
        yield _escaped(why.gap)
        return
    stage, words = stage_code(why.stage, labels), stage_name(why.stage, labels)
    yield f"{_escaped(stage)}{f': {_escaped(words)}' if labels.is_rotation else ''} (#{why.row})\n"
    for sentence in (*(trigger.sentence for trigger in why.triggers), *why.reasons, *why.done):
        yield f"- {_escaped(sentence)}"
    yield "\n| reading | value | limit | off by | % | holds | gate |\n|---|---:|---:|---:|---:|---|---|"
    for gauge in why.gauges:
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
    """Escape a text for Markdown and HTML."""
    # HTML first: Markdown passes it through, and a name in a ledger may hold anything.
    safe = text.replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{letter}" if letter in "\\`*_[]|" else letter for letter in safe)


def _wrapped(text: str, hang: int = 0) -> Iterator[str]:
    yield from textwrap.wrap(text, _WIDTH, subsequent_indent=" " * hang, break_on_hyphens=False) or [""]
