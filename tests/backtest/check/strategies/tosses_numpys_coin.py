"""Hold ETH by the chance of NumPy's shared generator."""

from decimal import Decimal

from numpy.random import rand

from bot import Decision


class Mine:
    name = "tosses_numpys_coin"

    def decisions(self, market):
        eth = market[market.roles.eth]
        words = ["IN" if rand() < 0.5 else "OUT" for _ in market.decision_times]  # fault
        return [
            Decision(at, word, word, {eth.symbol: Decimal("0.5")} if word == "IN" else {}, (word,))
            for at, word in zip(market.decision_moments, words, strict=True)
        ]


def strategy():
    return Mine()
