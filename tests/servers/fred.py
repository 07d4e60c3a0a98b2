"""FRED's fredgraph.csv."""

from __future__ import annotations

from tests.servers.loopback import Asked, LoopbackServer, Reply


class FredServer(LoopbackServer):
    """Answers from `series`: by id, the text of each day's value."""

    def __init__(self) -> None:
        super().__init__()
        self.series: dict[str, dict[str, str]] = {}

    def answer(self, asked: Asked) -> Reply:
        series = self.series.get(asked.query.get("id", ""))
        if asked.path != "/graph/fredgraph.csv" or series is None:
            return Reply(404, b"<html><head><title>Error - St. Louis Fed</title></head></html>")
        since = asked.query.get("cosd", "")
        lines = [f"observation_date,{asked.query['id']}"]
        lines += [f"{day},{value}" for day, value in sorted(series.items()) if day >= since]
        return Reply(200, "\n".join([*lines, ""]).encode(), {"Content-Type": "application/csv"})
