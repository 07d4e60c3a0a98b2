"""Hold ETH above its average of 200 rows."""

from decimal import Decimal

from bot import Decision


class Mine:
    name = "warms_up"

    def decisions(self, market):
        eth = market[market.roles.eth]
        known = [eth.until(moment).close for moment in market.decision_times]
        words = ["WAIT" if len(c) < 200 else "IN" if c[-1] > c[-200:].mean() else "OUT" for c in known]
        return [
            Decision(at, word, word, {eth.symbol: Decimal("0.5")} if word == "IN" else {}, (word,))
            for at, word in zip(market.decision_moments, words, strict=True)
        ]


def strategy():
    return Mine()
