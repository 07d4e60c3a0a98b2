"""Hold ETH by chance."""

import random
from decimal import Decimal

from bot import Decision


class Mine:
    name = "tosses_coin"

    def decisions(self, market):
        eth = market[market.roles.eth]
        words = [random.choice(["IN", "OUT"]) for _ in market.decision_times]  # fault
        return [
            Decision(at, word, word, {eth.symbol: Decimal("0.5")} if word == "IN" else {}, (word,))
            for at, word in zip(market.decision_moments, words, strict=True)
        ]


def strategy():
    return Mine()
