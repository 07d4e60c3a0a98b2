"""Guarantees hold under `python -O`, which removes every bare assert."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bot.core.invariants import not_none

ROOT = Path(__file__).parents[2]
FILES = sorted(path for package in ("bot", "strategies") for path in (ROOT / package).rglob("*.py"))


def test_a_value_that_must_be_there_is_returned_or_named() -> None:
    assert not_none(0, "a number") == 0
    with pytest.raises(AssertionError, match="the book is missing"):
        not_none(None, "the book")


def test_there_is_no_bare_assert() -> None:
    asserts = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assert)
    ]
    assert FILES and not asserts
