"""DefiLlama's stablecoin charts."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tests.servers.loopback import Asked, LoopbackServer, Reply, as_json


class DefiLlamaServer(LoopbackServer):
    """Answers from `charts`: by chain, the dollars of each day."""

    def __init__(self) -> None:
        super().__init__()
        self.charts: dict[str, dict[date, float]] = {}

    def answer(self, asked: Asked) -> Reply:
        chart = self.charts.get(asked.path.removeprefix("/stablecoincharts/"), {})
        return as_json([point(day, dollars) for day, dollars in sorted(chart.items())])


def point(day: date, dollars: float | None) -> dict[str, object]:
    """One day of a chart, in the fields that the vendor sends."""
    second = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    amounts = {"peggedUSD": dollars, "peggedEUR": 580_000_000, "peggedVAR": 0}
    if dollars is None:
        del amounts["peggedUSD"]
    return {
        "date": str(second),
        "totalCirculating": {"peggedUSD": dollars, "peggedEUR": 500_000_000, "peggedVAR": 0},
        "totalUnreleased": {"peggedUSD": 0},
        "totalCirculatingUSD": amounts,
        "totalMintedUSD": {"peggedUSD": dollars},
        "totalBridgedToUSD": {"peggedUSD": 0},
    }
