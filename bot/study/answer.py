"""The answer as a page: write docs/answer.md and its figures from a folder of prices.

Run it with `make answer`; MARKET_DATA_DIR names the folder.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.core.errors import ConfigError
from bot.report import numbers
from bot.report.markup import Cell
from bot.settings.loader import load_config
from bot.study.page.plan_names import Figures, PlanNames, log_return, names_of, p_value
from bot.study.page.rows_table import brief_rows, table_cells
from bot.study.page.study_page import drawings_of, sections_of
from bot.study.page.verdict_head import changes, meaning
from bot.study.plan import load_plan
from bot.study.study import run_study
from bot.study.study_folder import to_json
from bot.study.worlds.worlds_run import run_worlds

DOCS = Path("docs")
PAGE, FOLDER, WORLDS = "answer.md", "answer", "answer/worlds.json"
_HEADINGS = {
    "replication": "Do other outcomes answer the same breakouts?",
    "reverse": "Is it the other way round?",
    "multiverse": "Would other choices give another word?",
    "leadlag": "Which of the two moves first?",
    "nulls": "Does the word depend on how chance is drawn?",
    "placebos": "Is it quiet where nothing should be found?",
    "dropone": "Does one episode carry the result?",
    "tables": "What do gates, costs, delays and dead coins make of the rotation?",
    "benchmarks": "Is the rotation better than its benchmarks?",
    "worlds": "Can the test be trusted?",
    "looks": "When will more be known?",
}
_AGAIN = """## Run it again

```console
$ export MARKET_DATA_DIR=prices
$ make answer
$ bot study --data-dir prices
```

`make answer` writes this page and its figures anew, `bot study` a report with every figure.
[Test the thesis](study.md) explains the method and each word.
"""


def write_answer(study: Figures, docs: Path) -> None:
    """Write the page and its figures into a folder of documentation."""
    (docs / FOLDER).mkdir(parents=True, exist_ok=True)
    for name, svg in answer_figures(study).items():
        (docs / FOLDER / f"{name}.svg").write_text(svg, encoding="utf-8")
    (docs / PAGE).write_text(answer_text(study), encoding="utf-8")


def study_for_answer(data_dir: Path, worlds: Figures) -> Figures:
    """Run the default plan on a folder of prices with a fresh log of trials.

    Parameters
    ----------
    data_dir
        Folder of CSV files.
    worlds
        Tables of the test of the test.
    """
    with tempfile.TemporaryDirectory() as state:
        config = load_config().model_copy(update={"state": Path(state)})
        return {**run_study(load_plan(), data_dir, config=config).figures, "worlds": worlds}


def answer_figures(study: Figures) -> dict[str, str]:
    """Return the drawings as SVG files by name.

    The paths of single episodes are left out: they would be prices.
    """
    names = names_of(study)
    found = {}
    for name, figures in sections_of(study).items():
        drawings = drawings_of(name, figures, study, names)
        for place, drawing in enumerate(drawings[-1:] if name == "verdict" else drawings):
            found[f"{name}-{place + 1}"] = drawing.svg_file()
    return found


def answer_text(study: Figures) -> str:
    """Return the page as Markdown; its first sentence is the verdict."""
    names = names_of(study)
    parts = [*_verdict(study, names)]
    for name, figures in sections_of(study).items():
        if name != "verdict":
            parts += _section(name, figures, study, names)
    return "\n\n".join((*parts, _AGAIN))


def _verdict(study: Figures, names: PlanNames) -> Iterator[str]:
    section = study["sections"]["verdict"]
    word, labels = study["verdict"]["word"], study["verdict"]["labels"]
    yield f"# Does a breakout of {names.subject} lead {names.outcome}?"
    beside = f" Labels: {', '.join(labels)}." if labels else ""
    yield f"**{word}**{section['sentence'].removeprefix(word)}{beside}"
    yield (
        f"The verdict is retrospective, on outcomes from {section['first']} to {section['last']} and prices to "
        f"{study['data_to']}. Paper only, not advice."
    )
    yield "## What it means\n\n" + _bullets(meaning(study, names))
    yield "## What would change it\n\n" + _bullets(changes(study, names))
    yield "## The figures"
    yield _markdown(("Figure", "Value"), _verdict_rows(study["verdict"]), (False, True))
    yield from _pictures("verdict", section, study, names)
    head = ("Session", "Log return", "Counted")
    rows = [
        (row["session"], log_return(row["y"], 3), "yes" if row["counted"] else f"no: {row['reason']}")
        for row in study["episodes"]
        if row["y"] is not None
    ]
    yield f"Every event of {names.signal} with an outcome, and {names.outcome} over the {names.horizon} sessions after:"
    yield _markdown(head, rows, (False, True, False))
    yield _limits(section)


def _verdict_rows(verdict: Figures) -> list[tuple[str, str]]:
    bound = "none" if verdict["bound"] is None else f"{log_return(verdict['bound'])} and more"
    counted = f"{verdict['n']} of {numbers.count(verdict['sessions'])} sessions"
    return [
        ("Counted episodes", counted),
        ("Episodes with a positive outcome", numbers.count(verdict["positive"])),
        ("Independent placements of the episodes", numbers.ratio(verdict["placements"], 1)),
        ("Excess of the mean (log)", log_return(verdict["excess"], 3)),
        ("Excess without the best episode (log)", log_return(verdict["excess_without_best"], 3)),
        ("Median outcome (log)", log_return(verdict["median"], 3)),
        ("p for a lead", f"{p_value(verdict['p_up'])} ({numbers.count(verdict['count_up'])} shifts)"),
        ("p against the effect", f"{p_value(verdict['p_low'])} ({numbers.count(verdict['count_low'])} shifts)"),
        ("Rejected effects (log)", bound),
        ("Smallest detectable effect (log)", log_return(verdict["detectable"], 3)),
    ]


def _section(name: str, figures: Figures, study: Figures, names: PlanNames) -> Iterator[str]:
    yield f"## {_HEADINGS.get(name, name.capitalize())}"
    yield figures["sentence"]
    yield from _pictures(name, figures, study, names)
    head, cells = table_cells(brief_rows(name, figures), names.labels)
    if head:
        texts = [[_text(cell) for cell in row] for row in cells]
        yield _markdown([_text(cell) for cell in head], texts, [not isinstance(cell, str) for cell in head])
    if notes := figures.get("notes"):
        yield _bullets(notes)
    yield _limits(figures)


def _pictures(name: str, figures: Figures, study: Figures, names: PlanNames) -> Iterator[str]:
    drawings = drawings_of(name, figures, study, names)
    for place, drawing in enumerate(drawings[-1:] if name == "verdict" else drawings):
        yield f"**{drawing.title}**"
        yield f"![{_escaped(drawing.label)}]({FOLDER}/{name}-{place + 1}.svg)"
        yield f"{drawing.note} {drawing.legend_text}".strip()


def _limits(figures: Figures) -> str:
    text = figures["does_not_show"]
    return f"*It does not show:* {text[0].lower()}{text[1:]}"


def _bullets(texts: Sequence[str]) -> str:
    return "\n".join(f"- {text}" for text in texts)


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]], is_figure: Sequence[bool]) -> str:
    lines = [head, ["---:" if figure else "---" for figure in is_figure], *rows]
    return "\n".join(f"| {' | '.join(map(_escaped, line))} |" for line in lines)


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.text


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("[", "\\[").replace("]", "\\]")


def main() -> None:
    """Write the page from the folder that MARKET_DATA_DIR names."""
    folder = os.environ.get("MARKET_DATA_DIR")
    if not folder:
        raise ConfigError("no folder of prices", where="MARKET_DATA_DIR", mend="MARKET_DATA_DIR=FOLDER make answer")
    worlds: Mapping[str, Any] = run_worlds(load_plan(), load_config())
    (DOCS / FOLDER).mkdir(exist_ok=True)
    (DOCS / WORLDS).write_text(to_json(worlds), encoding="utf-8")
    write_answer(study_for_answer(Path(folder), worlds), DOCS)


if __name__ == "__main__":
    main()
