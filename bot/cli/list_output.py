"""Print lists: a table on a terminal, or JSON, CSV or Markdown for other programs."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import typer

from bot.cli.console import console, json_version, print_json
from bot.core.errors import ConfigError
from bot.core.json_schema import SCHEMA_VERSION
from bot.core.text import csv_cell, markdown_cell

CsvOption = Annotated[bool, typer.Option("--csv", help="CSV on standard output.")]
MarkdownOption = Annotated[bool, typer.Option("--md", help="A Markdown table on standard output.")]
_DATE = len("YYYY-MM-DD")
Format = Literal["table", "json", "csv", "md"]


@dataclass(frozen=True, slots=True)
class Column:
    """Column of a list: key of its values, title, and alignment (numbers stand to the right)."""

    key: str
    title: str
    is_number: bool = False


def format_of(as_json: bool, as_csv: bool, as_markdown: bool) -> Format:
    """Return the chosen format, by default a table. Raises ConfigError for two."""
    formats: dict[Format, bool] = {"json": as_json, "csv": as_csv, "md": as_markdown}
    chosen = [name for name, is_chosen in formats.items() if is_chosen]
    if len(chosen) > 1:
        raise ConfigError("contradict each other", where=" and ".join(f"--{name}" for name in chosen), mend="keep one")
    return chosen[0] if chosen else "table"


def print_list(name: str, columns: Sequence[Column], rows: Sequence[Mapping[str, object]], style: Format) -> None:
    """Print rows in a format. A missing value is null in JSON, else empty; `name` is the key of the JSON list."""
    if style == "json":
        print_json({name: [_in_version(name, row) for row in rows]})
    elif style == "csv":
        _print_csv(columns, rows)
    elif style == "md":
        _print_markdown(columns, rows)
    else:
        _print_table(columns, rows)


def _in_version(name: str, row: Mapping[str, object]) -> dict[str, object]:
    """Return a row of a JSON list; version 1 has lists and objects as text, as CSV has them."""
    if json_version() == SCHEMA_VERSION:
        return dict(row)
    # Orders alone had a text for an undefined figure too.
    return {key: _text(value) if name == "orders" else _cell(value) for key, value in row.items()}


def _cell(value: object) -> object:
    """Return a list or an object as the text that a cell holds, any other value as it is."""
    if isinstance(value, list):
        return ";".join(value)
    return json.dumps(value) if isinstance(value, Mapping) else value


def _print_table(columns: Sequence[Column], rows: Sequence[Mapping[str, object]]) -> None:
    from rich.table import Table

    # Long cells fold rather than end in dots, so that an id or a path can be copied.
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for column in columns:
        justify: Literal["left", "right"] = "right" if column.is_number else "left"
        # Dates are of one width and stay in one piece, whichever other column must give way.
        width = _DATE if rows and all(_is_date(row.get(column.key)) for row in rows) else None
        table.add_column(column.title, justify=justify, overflow="fold", width=width, no_wrap=width is not None)
    for row in rows:
        table.add_row(*(_text(row.get(column.key)) for column in columns))
    console().print(table, markup=False)


def _print_csv(columns: Sequence[Column], rows: Sequence[Mapping[str, object]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")  # as in the CSV files of a run folder
    writer.writerow([column.key for column in columns])
    writer.writerows([csv_cell(_text(row.get(column.key))) for column in columns] for row in rows)
    sys.stdout.write(text.getvalue())


def _print_markdown(columns: Sequence[Column], rows: Sequence[Mapping[str, object]]) -> None:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cells) + " |\n"

    sys.stdout.write(line([column.title for column in columns]))
    sys.stdout.write(line(["---:" if column.is_number else "---" for column in columns]))
    for row in rows:
        sys.stdout.write(line([markdown_cell(_text(row.get(column.key))) for column in columns]))


def _is_date(value: object) -> bool:
    """Return True for a date in the form YYYY-MM-DD, and for an empty cell."""
    text = "" if value is None else str(value)
    return not text or (len(text) == _DATE and text[4::3] == "--" and text.replace("-", "").isdigit())


def _text(value: object) -> str:
    return "" if value is None else str(_cell(value))
