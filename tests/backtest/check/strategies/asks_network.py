"""Ask a server while deciding."""

import socket
from decimal import Decimal

from bot import Decision


class Mine:
    name = "asks_network"

    def decisions(self, market):
        eth = market[market.roles.eth]
        with socket.socket() as caller:
            answer = caller.connect_ex(("127.0.0.1", 9))  # fault
        words = ["IN" if answer == 0 else "OUT" for _ in market.decision_times]
        return [
            Decision(at, word, word, {eth.symbol: Decimal("0.5")} if word == "IN" else {}, (word,))
            for at, word in zip(market.decision_moments, words, strict=True)
        ]


def strategy():
    return Mine()
