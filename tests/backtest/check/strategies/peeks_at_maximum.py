"""Hold ETH below half of the highest close of all days."""

from decimal import Decimal

from bot import Decision


class Mine:
    name = "peeks_at_maximum"

    def decisions(self, market):
        eth = market[market.roles.eth]
        level = eth.close.max() / 2
        words = ["IN" if eth.until(moment).close[-1] < level else "OUT" for moment in market.decision_times]
        return [
            Decision(at, word, word, {eth.symbol: Decimal("0.5")} if word == "IN" else {}, (word,))
            for at, word in zip(market.decision_moments, words, strict=True)
        ]


def strategy():
    return Mine()
