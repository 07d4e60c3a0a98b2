"""Generate the reference of the site from the code: commands, config keys, files of a run, exit codes."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import typer

from bot.cli.command_line import command_line
from bot.core import errors
from bot.ledger.projections import COLUMNS
from bot.settings.loader import load_config
from bot.settings.schema import Config
from website.config_comments import config_comments

_NOTE = "This page is generated from the code when the site is built."

_BOUNDS = (
    ("minimum", "at least"),
    ("exclusiveMinimum", "above"),
    ("maximum", "at most"),
    ("exclusiveMaximum", "below"),
    ("maxLength", "characters at most"),
)


def reference_pages() -> dict[str, str]:
    """Return the generated pages as Markdown, by their path in the site."""
    return {
        "reference/commands.md": commands_page(),
        "reference/config.md": config_page(),
        "reference/files.md": files_page(),
        "reference/exit-codes.md": exit_codes_page(),
    }


def commands_page() -> str:
    """Return every command with its arguments, options and defaults, from the parser of the command line."""
    parts = ["# Commands", _NOTE, "[Commands in detail](../commands.md) has outputs and more examples."]
    for name, command in _commands(typer.main.get_command(command_line()), "bot"):
        parts += [f"## {name}", _help_text(command)]
        rows = [_parameter_row(parameter) for parameter in command.params if "--help" not in parameter.opts]
        if rows:
            parts.append(_table(("argument or option", "meaning", "default"), rows))
    return "\n\n".join(parts) + "\n"


def config_page() -> str:
    """Return every config key with its type, default and reason, from the schema and the comments of config/*.yaml."""
    schema, defaults, comments = Config.model_json_schema(), load_config().resolved(), config_comments()
    parts = ["# Config keys", _NOTE]
    parts.append(
        "Change a key for one run with `--set section.key=value`, or in a YAML file that begins with "
        "`extends: default.yaml`. `bot config check FILE` checks a file; `bot config schema` prints the JSON schema."
    )
    top = [
        (key, part)
        for key, part in schema["properties"].items()
        if not _section_of(part, schema) or not isinstance(defaults.get(key), Mapping)
    ]
    parts += ["## Keys without a section", _key_table("", dict(top), schema, defaults, comments)]
    for key, part in schema["properties"].items():
        section = _section_of(part, schema)
        if section and isinstance(defaults.get(key), Mapping):
            parts += [f"## {key}", section.get("description", "").replace("\n", " ")]
            parts.append(_key_table(f"{key}.", section["properties"], schema, defaults[key], comments))
    return "\n\n".join(parts) + "\n"


def files_page() -> str:
    """Return the columns of each CSV file of a run, from the tables that write them."""
    parts = [
        "# Files of a run",
        _NOTE,
        "[Read a run folder](../run-folder.md) explains the columns and the other files.",
    ]
    for name, columns in COLUMNS.items():
        parts += [f"## {name}.csv", "\n".join(f"{i}. `{column}`" for i, column in enumerate(columns, 1))]
    return "\n\n".join(parts) + "\n"


def exit_codes_page() -> str:
    """Return the exit codes with the errors that end with them, from the error classes."""
    meanings = dict(re.findall(r"[├└]── (\w+) +(?:\d +)?(.*)", errors.__doc__ or ""))
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.BotError)]
    rows = [("0", "", "the command succeeded"), ("1", "", "a bug: please report it")]
    rows += [
        (str(kind.exit_code), f"`{kind.__name__}`", meanings.get(kind.__name__, (kind.__doc__ or "").split("\n")[0]))
        for kind in sorted(kinds, key=lambda kind: (kind.exit_code, len(kind.__mro__), kind.__name__))
        if kind is not errors.BotError
    ]
    rows.append(("130", "", "the user interrupted it"))
    return "\n\n".join(["# Exit codes", _NOTE, _table(("code", "error", "meaning"), rows)]) + "\n"


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    yield name, command
    for child in getattr(command, "commands", {}).values():
        yield from _commands(child, f"{name} {child.name}")


def _help_text(command: Any) -> str:
    text = inspect.cleandoc(command.help or "").replace("\b", "").replace("\f", "")
    example = re.search(r"^\s*Example: (.+)$", text, re.MULTILINE)
    if not example:
        return _escaped(text)
    return f"{_escaped(text.replace(example.group(0), '').strip())}\n\n```console\n$ {example.group(1)}\n```"


def _parameter_row(parameter: Any) -> tuple[str, str, str]:
    if parameter.param_type_name == "argument":
        return f"`{parameter.name.upper()}`", _escaped(parameter.help or ""), ""
    names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
    default = parameter.default
    shown = "" if callable(default) or default in (None, False, ()) or parameter.is_flag else f"`{default}`"
    return names, _escaped(parameter.help or ""), shown


def _section_of(part: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the schema of a section, or None for a plain value."""
    found = schema["$defs"].get(part.get("$ref", "").rpartition("/")[2])
    return found if found and "properties" in found else None


def _key_table(
    prefix: str,
    properties: Mapping[str, Any],
    schema: Mapping[str, Any],
    defaults: Mapping[str, Any],
    comments: Mapping[str, str],
) -> str:
    rows = list(_key_rows(prefix, properties, schema, defaults, comments))
    return _table(("key", "value", "default", "reason"), rows)


def _key_rows(
    prefix: str,
    properties: Mapping[str, Any],
    schema: Mapping[str, Any],
    defaults: Mapping[str, Any],
    comments: Mapping[str, str],
) -> Iterator[tuple[str, str, str, str]]:
    for key, part in properties.items():
        name, default = f"{prefix}{key}", defaults.get(key)
        section = _section_of(part, schema)
        if section and isinstance(default, Mapping):
            yield from _key_rows(f"{name}.", section["properties"], schema, default, comments)
        else:
            yield f"`{name}`", _type_of(part, schema), _shown(default), _escaped(comments.get(name, ""))


def _type_of(part: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Return the type of a value and its bounds in words."""
    if "$ref" in part:
        found = schema["$defs"][part["$ref"].rpartition("/")[2]]
        return "section" if "properties" in found else _type_of(found, schema)
    if "anyOf" in part:
        return " or ".join(dict.fromkeys(_type_of(one, schema) for one in part["anyOf"]))
    if "enum" in part or "const" in part:
        return ", ".join(f"`{value}`" for value in part.get("enum", [part.get("const")]))
    kind = {"object": "table", "array": "list", "string": "text", "boolean": "true or false", "null": "null"}.get(
        part.get("type", ""), part.get("type", "any")
    )
    bounds = [f"{word} {part[bound]:g}" for bound, word in _BOUNDS if bound in part]
    return ", ".join([kind, *bounds])


def _shown(value: object) -> str:
    """Return a default as YAML writes it; a long list or table by its length."""
    if isinstance(value, Mapping | list) and len(str(value)) > 60:
        return f"{len(value)} entries"
    if value is None or isinstance(value, bool):
        return f"`{json.dumps(value)}`"
    return f"`{_escaped(str(value))}`"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("\n", " ") for cell in line) + " |" for line in lines)


def _escaped(text: str) -> str:
    """Escape the characters that Markdown tables and HTML would read as markup."""
    return text.replace("|", "\\|").replace("<", "&lt;")
