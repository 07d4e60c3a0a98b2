"""Hold ETH by chance with a seed."""

import random
from decimal import Decimal

import numpy as np

from bot import Decision


class Mine:
    name = "tosses_seeded_coin"

    def decisions(self, market):
        eth = market[market.roles.eth]
        own, other = random.Random(7), np.random.default_rng(7)
        random.seed(7)
        np.random.seed(7)
        words = [
            own.choice(["IN", "OUT"]) if other.random() + random.random() < np.random.rand() + 0.5 else "OUT"
            for _ in market.decision_times
        ]
        return [
            Decision(at, word, word, {eth.symbol: Decimal("0.5")} if word == "IN" else {}, (word,))
            for at, word in zip(market.decision_moments, words, strict=True)
        ]


def strategy():
    return Mine()
