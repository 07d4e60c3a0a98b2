"""Superior predictive ability: an added lead is found, in its own direction alone."""

from __future__ import annotations

import numpy as np

from bot.study.superior import longest_block, superior

_NOISE = np.random.default_rng(3).normal(0, 0.01, (500, 3))


def test_an_added_lead_is_found_and_named() -> None:
    differences = {"a": _NOISE[:, 0], "b": _NOISE[:, 1] + 0.004, "c": _NOISE[:, 2]}
    found = superior(differences, draws=300, seed=1, block=5)
    assert found.p < 0.01
    assert found.superior == ("b",)


def test_all_series_are_superior_by_step() -> None:
    # `b` is rejected first; only then is the critical value low enough for the small lead of `a`.
    small = 0.00011 + np.random.default_rng(6).normal(0, 0.001, 500)
    differences = {"a": small, "b": _NOISE[:, 1] + 0.004}
    found = superior(differences, draws=300, seed=1, block=5)
    assert found.superior == ("a", "b")


def test_the_other_direction_finds_nothing() -> None:
    behind = {"b": -_NOISE[:, 1] - 0.004}
    found = superior(behind, draws=300, seed=1, block=5)
    assert found.p > 0.4 and found.superior == ()
    assert found.p_lower <= found.p <= found.p_upper


def test_the_longest_block_is_of_the_most_dependent_series() -> None:
    smooth = np.convolve(np.random.default_rng(4).normal(size=2100), np.ones(20) / 20, "valid")[:2000]
    white = np.random.default_rng(5).normal(size=2000)
    assert longest_block({"white": white}) < longest_block({"white": white, "smooth": smooth})
