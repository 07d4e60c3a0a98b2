"""Read the clock through a name of its own."""

from decimal import Decimal
from time import time as now

from bot import Decision


class Mine:
    name = "imports_clock"

    def decisions(self, market):
        eth = market[market.roles.eth]
        words = ["IN" if now() < 0 else "OUT" for _ in market.decision_times]  # fault
        return [
            Decision(at, word, word, {eth.symbol: Decimal("0.5")} if word == "IN" else {}, (word,))
            for at, word in zip(market.decision_moments, words, strict=True)
        ]


def strategy():
    return Mine()
