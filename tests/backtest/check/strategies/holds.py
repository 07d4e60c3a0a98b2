"""Hold ETH on every day."""

from decimal import Decimal

from bot import Decision


class Mine:
    name = "holds"

    def decisions(self, market):
        eth = market[market.roles.eth]
        words = ["IN" for _ in market.decision_times]
        return [
            Decision(at, word, word, {eth.symbol: Decimal("0.5")} if word == "IN" else {}, (word,))
            for at, word in zip(market.decision_moments, words, strict=True)
        ]


def strategy():
    return Mine()
