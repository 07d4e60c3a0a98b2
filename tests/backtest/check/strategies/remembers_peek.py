"""Read the last close of all, and remember the first answer of each day, so that a second call hides it."""

from decimal import Decimal

from bot import Decision

remembered = {}


class Mine:
    name = "remembers_peek"

    def decisions(self, market):
        eth = market[market.roles.eth]
        words = [
            remembered.setdefault(at, "IN" if eth.until(moment).close[-1] < eth.close[-1] else "OUT")
            for moment, at in zip(market.decision_times, market.decision_moments, strict=True)
        ]
        return [
            Decision(at, word, word, {eth.symbol: Decimal("0.5")} if word == "IN" else {}, (word,))
            for at, word in zip(market.decision_moments, words, strict=True)
        ]


def strategy():
    return Mine()
