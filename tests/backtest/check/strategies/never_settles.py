"""Hold ETH while it is below its average of all known rows."""

from decimal import Decimal

from bot import Decision


class Mine:
    name = "never_settles"

    def decisions(self, market):
        eth = market[market.roles.eth]
        known = [eth.until(moment).close for moment in market.decision_times]
        words = ["IN" if closes[-1] < closes.mean() else f"OUT {len(closes)}" for closes in known]
        return [
            Decision(at, word, word, {eth.symbol: Decimal("0.5")} if word == "IN" else {}, (word,))
            for at, word in zip(market.decision_moments, words, strict=True)
        ]


def strategy():
    return Mine()
