"""Parse YAML from outside: plain data of bounded size and depth, or an error of one line."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Hashable
from functools import lru_cache
from typing import TYPE_CHECKING

import yaml

from bot.core.errors import ConfigError

# The parser in C is seven times as fast, which counts for a long config of the user.
if TYPE_CHECKING:
    from yaml import SafeLoader as _SafeLoader
else:
    _SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

LONGEST_TEXT = 256_000
"""Bytes of a config file; the longest of the bot's own has 7,000."""
_DEEPEST = 32
"""Levels of nesting."""
_LARGEST = 1_000_000
"""Characters of all values, with aliases expanded."""
_LARGEST_INTEGER = 2**63
_NUMBER_TAGS = frozenset(["tag:yaml.org,2002:int", "tag:yaml.org,2002:float"])
_MISREAD = re.compile(r"[-+]?(0[0-9_]+|[0-9_]+(:[0-9_.]+)+)")
"""YAML 1.1 reads 0777 as 511 and 190:20:30 as 685230."""
_PREFIX = "tag:yaml.org,2002:"
_NOUNS = {"timestamp": "a date", "int": "a whole number", "float": "a finite number"}
_PLAIN = {_PREFIX + name for name in ("str", "bool", "null", "seq", "map", "merge", *_NOUNS)}
"""Kinds of values in a config. A set or binary data would be changed by JSON, in which configs are kept."""


def parse_yaml(text: str, where: str) -> object:
    """Parse a YAML text of plain values.

    Parameters
    ----------
    text
        The text. The same text gives the same object again: copy it before a change.
    where
        File or option that the text comes from, for the error.

    Raises
    ------
    ConfigError
        If the text is too long, invalid, unsafe, or has a value that its kind excludes, such as 2026-02-30.
    """
    if len(text) > LONGEST_TEXT:
        raise ConfigError("is too long", where=where, expected=f"at most {LONGEST_TEXT} characters", was=str(len(text)))
    try:
        return _cached(text)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        place = f"{where} line {mark.line + 1}" if mark else where
        if isinstance(problem, _BadValue):
            raise ConfigError(problem.what, where=place, was=problem.was) from None
        unsafe = isinstance(problem, yaml.constructor.ConstructorError)
        was = str(getattr(problem, "problem", problem)).replace("but got", "but found")
        raise ConfigError(f"{'is not safe YAML' if unsafe else 'is not YAML'}: {was}", where=place) from None


_TOO_DEEP = f"nested more than {_DEEPEST} levels deep"


@lru_cache(maxsize=64)  # parsing the bot's own files takes a tenth of a second, and a review loads them often
def _cached(text: str) -> object:
    _require_shallow(text)
    return yaml.load(text, Loader=_PlainLoader)


def _require_shallow(text: str) -> None:
    """Raise ConstructorError for a text that is nested too deeply."""
    # In a pass of its own: the parser in C builds nodes by recursion and overflows the stack of the process.
    depth = 0
    for event in yaml.parse(text, Loader=_SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise yaml.constructor.ConstructorError(None, None, _TOO_DEEP)


class _BadValue(yaml.constructor.ConstructorError):
    """Error of a value that its kind excludes."""

    def __init__(self, what: str, node: yaml.Node) -> None:
        super().__init__(None, None, what, node.start_mark)
        self.what, self.was = what, repr(node.value) if isinstance(node, yaml.ScalarNode) else None


class _PlainLoader(_SafeLoader):
    """Safe YAML of plain values, bounded before it is built, that refuses a key written twice."""

    def get_single_node(self) -> yaml.Node | None:
        node = super().get_single_node()
        if node is not None:
            _measure(node, {}, ())
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        if isinstance(node, yaml.ScalarNode) and node.tag in _NUMBER_TAGS and _MISREAD.fullmatch(node.value):
            raise _BadValue("is read as another number by YAML: write it without leading zeros and colons", node)
        try:
            made = super().construct_object(node, deep)
        except yaml.YAMLError:
            raise
        # Each kind fails in its own way: a date of 30 February, a number of 5,000 digits, an offset of 99 hours.
        except Exception:
            raise _wrong_kind(node) from None
        if isinstance(made, float) and not math.isfinite(made):
            raise _wrong_kind(node)
        if isinstance(made, int) and abs(made) >= _LARGEST_INTEGER:
            raise _BadValue("is out of range", node)
        return made

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} is not text: put it in quotes", key_node.start_mark
                )
            # YAML keeps the last of two equal keys: a limit set twice would lose one value silently.
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _wrong_kind(node: yaml.Node) -> _BadValue:
    return _BadValue(f"is not {_NOUNS.get(node.tag.removeprefix(_PREFIX), 'a valid value')}", node)


def _measure(node: yaml.Node, known: dict[int, tuple[int, int]], above: tuple[int, ...]) -> tuple[int, int]:
    """Count the characters and the levels of a node with its aliases expanded. Raises ConstructorError beyond bounds.

    `known` has the counts of nodes that were measured, so that the time is that of the text as it is written.
    """
    if id(node) in above:
        raise _unsafe("an alias inside its own anchor", node)
    if node.tag not in _PLAIN:
        raise _unsafe(f"could not determine a constructor for the tag {node.tag!r}", node)
    if id(node) not in known:
        parts = [_measure(child, known, (*above, id(node))) for child in _in(node)]
        known[id(node)] = (
            _own_size(node) + sum(size for size, _ in parts),
            1 + max((levels for _, levels in parts), default=0),
        )
    size, levels = known[id(node)]
    if size > _LARGEST:
        raise _unsafe(f"more than {_LARGEST} characters with its aliases expanded", node)
    if len(above) + levels > _DEEPEST:
        raise _unsafe(_TOO_DEEP, node)
    return size, levels


def _own_size(node: yaml.Node) -> int:
    if not isinstance(node, yaml.ScalarNode):
        return 1
    # A path or a name with such a character fails in the system's words, or prints as something else.
    if any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\t\n" for letter in node.value):
        raise _BadValue("has a control character or half a letter", node)
    return 1 + len(node.value)


def _in(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _unsafe(problem: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
