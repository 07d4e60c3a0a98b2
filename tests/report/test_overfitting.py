"""Probability of backtest overfitting by CSCV."""

from __future__ import annotations

import numpy as np
import pytest

from bot.report.overfitting import overfitting


def test_sixteen_blocks_have_12870_splits_and_noise_is_overfitted_half_of_the_time() -> None:
    random = np.random.default_rng(7)
    found = [overfitting(random.normal(0, 0.01, (800, 20)), 16) for _ in range(12)]
    assert {len(one.ranks) for one in found} == {12_870}
    assert np.mean([one.probability for one in found]) == pytest.approx(0.5, abs=0.1)


def test_a_dominant_variant_is_never_overfitted() -> None:
    noise = np.random.default_rng(7).normal(0, 0.01, (800, 20))
    noise[:, 3] += 0.01
    found = overfitting(noise, 16)
    assert found.probability == 0.0
    assert set(found.ranks) == {20 / 21}


def test_two_blocks_by_hand() -> None:
    # In the first half a is best (means 2, 1; equal spread), in the second b: each is the worse one outside.
    a, b = [1.0, 3.0, -2.0, 0.0], [0.0, 2.0, 1.0, 3.0]
    found = overfitting(np.array([a, b]).T, 2)
    assert found.ranks.tolist() == [1 / 3, 1 / 3]
    assert found.probability == 1.0


def test_equal_variants_share_their_rank() -> None:
    one = np.random.default_rng(1).normal(0, 1, 40)
    assert set(overfitting(np.array([one, one, one]).T, 4).ranks) == {0.5}


def test_copies_of_a_variant_share_their_rank_with_it() -> None:
    # The two series above, the second one three times.
    a, b = [1.0, 3.0, -2.0, 0.0], [0.0, 2.0, 1.0, 3.0]
    found = overfitting(np.array([a, b, b, b]).T, 2)
    # First half inside: a is best, and the worst of four outside (rank 1). Second: b, rank (1 + 2 + 3) / 3 outside.
    assert found.ranks.tolist() == [1 / 5, 2 / 5]
    # Two copies of a series that is the worst everywhere lie below a and b: both have rank 3 of 4 outside.
    c = [-5.0, -3.0, -5.0, -3.0]
    assert overfitting(np.array([c, a, b, c]).T, 2).ranks.tolist() == [3 / 5, 3 / 5]


def test_variants_that_are_equal_in_one_half_alone_share_their_rank_there() -> None:
    # First half: a is best (2 and 1, equal spread). Second: a loss in one of three, so that both ratios are -1/sqrt(2).
    a, b = [1.0, 3.0, 2.0, 0.0, 0.0, -0.1], [0.0, 2.0, 1.0, 0.0, 0.0, -0.07]
    assert overfitting(np.array([a, b]).T, 2).ranks[0] == 1.5 / 3
    # The other way round they are equal inside: the first is taken, and is the better one outside.
    assert overfitting(np.array([a, b]).T, 2).ranks[1] == 2 / 3
    assert overfitting(np.array([b, a]).T, 2).ranks.tolist() == [1.5 / 3, 1 / 3]


def test_batches_of_splits_give_the_ranks_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(3).normal(0, 0.01, (60, 7))
    whole = overfitting(noise, 6).ranks
    monkeypatch.setattr("bot.report.overfitting._CELLS", 21)
    assert overfitting(noise, 6).ranks.tolist() == whole.tolist()
