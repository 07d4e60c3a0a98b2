"""Define `bot study worlds`: size and power of the honest test on markets whose truth is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.console import ConfigOption, JsonOption, console, print_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PlanOption = Annotated[Path | None, typer.Option("--plan", "-p", help="A plan in YAML; by default config/study.yaml.")]


def worlds(
    plan: PlanOption = None,
    config: ConfigOption = None,
    count: Annotated[
        int | None, typer.Option("--worlds", min=1, help="Worlds of each kind; by the plan if left out.")
    ] = None,
    criticals: Annotated[
        bool, typer.Option("--criticals", help="Compute the critical p-values of the prospective looks.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run the rule of the verdict on markets whose truth is known: how often it is wrong, and which effects it finds.

    A finished table is kept, and a stopped run goes on where it ended. It reads no prices.

    Example: bot study worlds --worlds 200
    """
    from bot.settings.loader import load_config
    from bot.study.plan import load_plan
    from bot.study.worlds.worlds_run import run_criticals, run_worlds

    chosen, resolved = load_plan(plan), load_config(config)
    screen = console(to_error=as_json)
    per_kind = count or (chosen.prospective.worlds if criticals else chosen.worlds.worlds)
    found: dict[str, Any]
    with _progress(screen, per_kind * (1 if criticals else len(chosen.worlds.kinds))) as advance:
        if criticals:
            found = dict(run_criticals(chosen, resolved, per_kind, advance=advance))
        else:
            found = run_worlds(chosen, resolved, per_kind, advance=advance)
    if as_json:
        print_json(found)
    elif criticals:
        for name, values in found.items():
            screen.print(f"{name}: {values}", markup=False, soft_wrap=True)
    else:
        _show(screen, found)


@contextmanager
def _progress(screen: Console, total: int) -> Iterator[Callable[[int], object]]:
    """Yield a function that counts judged worlds. A terminal shows a progress bar with the time that is left."""
    from rich.progress import Progress

    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task("Worlds judged", total=total)
        yield lambda count: progress.advance(task, count)


def _show(screen: Console, found: Mapping[str, Any]) -> None:
    kinds = list(dict.fromkeys(row["kind"] for row in found["rows"]))
    for kind in kinds:
        screen.print(_rates(kind, [row for row in found["rows"] if row["kind"] == kind]))
    screen.print(_realism(kinds, found["realism"]))
    screen.print(_waits(found["waits"]))
    screen.print(found["sentence"], markup=False, soft_wrap=True)
    screen.print(f"It does not show: {found['does_not_show']}", markup=False, soft_wrap=True)


def _rates(kind: str, rows: list[dict[str, Any]]) -> Table:
    """Return a table with a line a word and effect, and a column a look."""
    from rich import box
    from rich.table import Table

    looks = list(dict.fromkeys(row["looks"] for row in rows))
    title = f"{kind}: share of {rows[0]['worlds']:,} worlds in percent, with its standard error"
    table = Table("Word", "Effect", *looks, title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    rates = {(row["word"], row["effect"], row["looks"]): row for row in rows}
    for word, effect in dict.fromkeys((row["word"], row["effect"]) for row in sorted(rows, key=_by_word)):
        cells = [
            f"{100 * row['rate']:.1f} +-{100 * row['error']:.1f}" for row in (rates[word, effect, x] for x in looks)
        ]
        table.add_row(word, f"{effect:+.2f}", *cells)
    return table


def _by_word(row: Mapping[str, Any]) -> tuple[bool, float]:
    return row["word"] != "SUPPORTED", row["effect"]


def _realism(kinds: list[str], rows: list[dict[str, Any]]) -> Table:
    """Return a table of the figures that the worlds must meet, the real one beside the mean of each kind."""
    from rich import box
    from rich.table import Table

    table = Table("Mean", "Real", *kinds, box=box.SIMPLE_HEAD, pad_edge=False)
    means = {(row["kind"], row["figure"]): row for row in rows}
    for figure, real in dict.fromkeys((row["figure"], row["real"]) for row in rows):
        cells = [means[kind, figure] for kind in kinds]
        marked = [f"{cell['mean']:.3g}" + ("" if cell["within"] else " (off)") for cell in cells]
        table.add_row(figure, f"{real:.3g}", *marked)
    return table


def _waits(waits: list[dict[str, Any]]) -> Table:
    from rich import box
    from rich.table import Table

    looks = [f"Episode {look}" for look in waits[0]["years"]]
    title = "Years to a look: 5%, 50%, 95% of the worlds"
    table = Table("Kind", *looks, title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for kind in waits:
        spans = [" ".join("-" if year is None else f"{year:.1f}" for year in years) for years in kind["years"].values()]
        table.add_row(kind["kind"], *spans)
    return table
