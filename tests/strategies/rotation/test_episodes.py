"""Episodes over random markets: one after the other, each with a beginning, an end and a reason."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bot.core.events import Episode
from strategies.rotation.episodes import episodes
from strategies.rotation.view import RotationView
from tests.markets import random_market, settings_with

LOOSE = {"gates": {"relative_strength": False, "credit": False, "volatility": False}}


def found(seed: int) -> list[Episode]:
    return episodes(RotationView(random_market(seed).market, settings_with(LOOSE)))


@pytest.mark.parametrize("seed", range(30))
def test_an_episode_that_armed_is_over_before_the_next_one_arms(seed: int) -> None:
    armed = [episode for episode in found(seed) if episode.outcome != "ignored"]
    for before, after in pairwise(armed):
        assert before.exit_at is not None
        assert (before.exit_at - after.known_at).days < 1
        assert before.exit_reasons


@pytest.mark.parametrize("seed", range(30))
def test_what_happened_in_an_episode_happened_in_this_order(seed: int) -> None:
    for episode in found(seed):
        moments = [episode.known_at, episode.eth_at, episode.alts_at, episode.exit_at]
        known = [moment for moment in moments if moment is not None]
        assert known == sorted(known)
        assert (episode.eth_at is None) or episode.confirmed_session is not None
        assert episode.close > episode.level


def test_the_random_markets_show_what_is_said_of_them() -> None:
    """The positive control: outcomes of every kind, trades, and records that arm again."""
    every = [episode for seed in range(60) for episode in found(seed)]
    assert {"confirmed", "failed", "expired", "ignored"} <= {episode.outcome for episode in every}
    assert {"breakout", "rearmed"} == {episode.kind for episode in every}
    assert any(episode.alts_at for episode in every)
