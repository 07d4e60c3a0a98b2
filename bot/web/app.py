"""Routes of the dashboard: each page as HTML, and its data as JSON under /api."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from importlib.resources import files
from typing import TypeAlias

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.core.errors import BotError, LedgerError
from bot.core.json_schema import SCHEMA_VERSION, JsonVersion, versioned
from bot.paper.daemon_status import DaemonState
from bot.report import chart_style
from bot.report.labels import PLAIN
from bot.review.recording import Record
from bot.web import portfolio_page as portfolio
from bot.web import runs_page as runs
from bot.web.access import REPORT_POLICY
from bot.web.csv_export import EXPORTS
from bot.web.curve import Curve
from bot.web.episodes_page import episodes
from bot.web.health_page import health
from bot.web.prices_page import price_chart, prices
from bot.web.prometheus import metrics
from bot.web.ranges import range_links
from bot.web.report_file import has_report, read_report
from bot.web.site import Site
from bot.web.templates import Templates
from bot.web.today_page import last_year, today
from bot.web.trades_page import trades

STATIC = {
    "page.css": ("bot.report", "page.css", "text/css"),
    "dashboard.css": ("bot.web", "static/dashboard.css", "text/css"),
    "dashboard.js": ("bot.web", "static/dashboard.js", "text/javascript"),
    "icon.svg": ("bot.web", "static/icon.svg", "image/svg+xml"),
}
"""Files that are served as they are; the dashboard shares the report's style sheet."""
Data: TypeAlias = Mapping[str, object]
PageData: TypeAlias = tuple[Data, Data]
"""Data of a page, which its JSON has too, and values that only its HTML needs."""
Reader: TypeAlias = Callable[[Request], PageData]


def app_of(site: Site) -> Starlette:
    """Return the dashboard of a site; `access` adds the access control."""
    answers = _Answers(site)
    readers: dict[str, Reader] = {
        "today": answers.today,
        "portfolio": answers.portfolio,
        "trades": answers.trades,
        "prices": answers.prices,
        "episodes": answers.episodes,
        "runs": answers.runs,
        "run": answers.run,
        "compare": answers.compare,
        "health": answers.health,
    }
    routes = [
        Route("/healthz", answers.healthz),
        Route("/metrics", answers.metrics),
        Route("/static/{name}", answers.static),
        Route("/api/version", answers.version),
        Route("/csv/{name}", answers.export),
        Route("/runs/{name}/report", answers.report),
    ]
    for name, reader in readers.items():
        path = {"today": "/", "run": "/runs/{name}"}.get(name, f"/{name}")
        api = {"run": "/api/runs/{name}"}.get(name, f"/api/{name}")
        routes += [Route(path, answers.page(name, reader)), Route(api, answers.data(reader))]
    return Starlette(routes=routes, exception_handlers={HTTPException: answers.no_page, 500: answers.broken})


class _Answers:
    """Handlers of all routes; each reads its ledger anew, so a page is as new as its request."""

    def __init__(self, site: Site) -> None:
        self.site, self.pages = site, Templates()

    def today(self, request: Request) -> PageData:
        record = self._record(request)
        return today(self.site, record), {"chart": last_year(record, self.site.labels(record))}

    def portfolio(self, request: Request) -> PageData:
        record = self._record(request)
        data, curve = portfolio.portfolio(record)
        # The HTML draws these as charts; the JSON gives the numbers.
        data["curve"] = {"days": curve.days, "equity": curve.equity, "exposure": curve.exposure}
        return data, self._charts(request, record, curve)

    def trades(self, request: Request) -> PageData:
        record = self._record(request)
        return trades(record, self.site.labels(record), _page(request), _page(request, "fills")), {}

    def prices(self, request: Request) -> PageData:
        data = prices(self.site, self._record(request), request.query_params.get("coin", ""))
        chosen = _range(request)
        return data, {"chart": price_chart(data, chosen), "ranges": range_links(data["days"], chosen)}

    def episodes(self, request: Request) -> PageData:
        record = self._record(request)
        return episodes(record, self.site.labels(record), _page(request)), {}

    def runs(self, request: Request) -> PageData:
        return {"runs": runs.runs(self.site, _page(request))}, {}

    def run(self, request: Request) -> PageData:
        record = self.site.record(request.path_params["name"])
        data, curve = runs.run(self.site, record)
        return data, {**self._charts(request, record, curve), "has_report": has_report(record)}

    def compare(self, request: Request) -> PageData:
        one, other = (self.site.record(request.query_params.get(name)) for name in ("a", "b"))
        data, charts = runs.side_by_side(one, other)
        return data, {"charts": charts}

    def health(self, request: Request) -> PageData:
        return health(self.site, self._record(request)), {}

    def page(self, name: str, reader: Reader) -> Callable[[Request], Response]:
        """Return the handler of a page; a problem with a ledger is shown on a page too."""

        def answer(request: Request) -> Response:
            try:
                frame = self._frame(request)  # its version first: a row written meanwhile makes the page old, not new
                data, more = reader(request)
                return HTMLResponse(self.pages.render(name, {**frame, "data": data, **more}))
            except BotError as problem:
                return self._problem(request, problem)

        return answer

    def data(self, reader: Reader) -> Callable[[Request], Response]:
        """Return the handler of a page's data as JSON."""

        def answer(request: Request) -> Response:
            try:
                return JSONResponse(versioned(_plain(reader(request)[0]), _version(request)))
            except BotError as problem:
                return JSONResponse(versioned({"error": problem.as_dict()}, _version(request)), _status(problem))

        return answer

    def version(self, request: Request) -> Response:
        """Return a version that changes whenever a page would."""
        try:
            record = self._record(request)
        except LedgerError as problem:
            return JSONResponse({"version": "", "daemon": "", "message": str(problem)})
        return JSONResponse(self._pulse(record))

    def healthz(self, request: Request) -> Response:
        """Return the health of a record in one line: status 200, or 503 where there is a fault."""
        try:
            # A container that has just started is healthy before its first ledger exists.
            if not request.query_params.get("run") and not self.site.records():
                return PlainTextResponse("there is no ledger yet\n")
            record = self._record(request)
            verdict = self.site.health(record)
        except BotError as problem:
            return PlainTextResponse(f"{problem}\n", 503)
        return PlainTextResponse(f"{record.name}: {verdict.line}\n", 200 if verdict.is_healthy else 503)

    def export(self, request: Request) -> Response:
        """Return the equity, the round trips or the fills of a record as CSV."""
        name = request.path_params["name"]
        if name not in EXPORTS:
            raise HTTPException(404)
        try:
            record = self._record(request)
            text = EXPORTS[name](record)
        except BotError as problem:
            return PlainTextResponse(f"{problem}\n", _status(problem))
        kept = {"Content-Disposition": f'attachment; filename="{name}-{record.name}.csv"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=kept)

    def report(self, request: Request) -> Response:
        """Return the report of a run under its own content security policy."""
        try:
            content = read_report(self.site.record(request.path_params["name"]))
        except BotError as problem:
            return PlainTextResponse(f"{problem}\n", _status(problem))
        return HTMLResponse(content, headers={"Content-Security-Policy": REPORT_POLICY})

    def metrics(self, request: Request) -> Response:
        """Return the metrics of every forward ledger for Prometheus."""
        return Response(metrics(self.site), media_type="text/plain; version=0.0.4; charset=utf-8")

    def static(self, request: Request) -> Response:
        """Return a style sheet, the script or the icon."""
        name = request.path_params["name"]
        # Its rules come from the report's chart style, so that both draw a curve in the same colour.
        if name == "chart.css":
            return Response(chart_style.css(), media_type="text/css")
        if name not in STATIC:
            raise HTTPException(404)
        package, path, media_type = STATIC[name]
        return Response(files(package).joinpath(path).read_bytes(), media_type=media_type)

    async def no_page(self, request: Request, problem: Exception) -> Response:
        """Answer an unknown address."""
        return PlainTextResponse("There is no such page.\n", getattr(problem, "status_code", 404))

    async def broken(self, request: Request, problem: Exception) -> Response:
        """Answer after a bug; the details stay on this machine, since they may hold a path or a key."""
        return PlainTextResponse("This is a bug in the dashboard.\n", 500)

    def _record(self, request: Request) -> Record:
        return self.site.record(request.query_params.get("run"))

    def _charts(self, request: Request, record: Record, curve: Curve) -> Data:
        """Return the charts of a curve over the range that an address asks for, and the links to the ranges."""
        drawn = portfolio.charts(curve, self.site.labels(record), _range(request))
        return {"charts": drawn, "ranges": range_links(curve.days, _range(request))}

    def _names(self) -> Data:
        """Return the names of all records, and the titles of those runs that their user named."""
        records = self.site.records()
        return {"names": [record.name for record in records], "titles": runs.titles(records)}

    def _frame(self, request: Request) -> Data:
        """Return the values of the header and navigation, which every page has."""
        chosen = request.path_params.get("name") or request.query_params.get("run")
        record = self.site.record(chosen)
        return {
            "record": record.name,
            "is_run": record.folder is not None,
            "labels": self.site.labels(record),
            "chosen": request.query_params.get("run", ""),
            **self._names(),
            "pulse": self._pulse(record),
            "path": request.url.path,
            "query": dict(request.query_params),
        }

    def _pulse(self, record: Record) -> Data:
        sequence, _ = record.end()
        daemon, verdict = self.site.daemon(record.name), self.site.health(record)
        state = daemon.state.value if record.folder is None else "run"
        is_alive = record.folder is None and daemon.state is DaemonState.ALIVE
        line = f"daemon {daemon.line}" if is_alive and verdict.is_healthy else verdict.line
        return {
            # The page polls this: a stale daemon or a new fault changes the page as much as a new row does.
            "version": f"{sequence}.{state}.{int(verdict.is_healthy)}",
            "sequence": sequence,
            "daemon": state,
            "is_well": verdict.is_healthy,
            "message": f"{line[0].upper()}{line[1:]}",
        }

    def _problem(self, request: Request, problem: BotError) -> Response:
        is_empty = not request.query_params.get("run") and not self.site.records()
        frame = {
            "record": "",
            "is_run": False,
            "labels": PLAIN,
            "chosen": "",
            **({"names": [], "titles": {}} if is_empty else self._names()),
            "path": "",
            "query": {},
            "pulse": {"version": "", "daemon": "none", "is_well": True, "message": "No ledger"},
        }
        values = {**frame, "problem": str(problem), "is_empty": is_empty}
        return HTMLResponse(self.pages.render("problem", values), 200 if is_empty else _status(problem))


def _page(request: Request, name: str = "page") -> int:
    text = request.query_params.get(name, "1")
    # int() refuses a text of thousands of digits with an error, and an address can have one.
    return int(text) if text.isdecimal() and len(text) < 9 else 1


def _range(request: Request) -> str:
    return request.query_params.get("range", "")


def _status(problem: BotError) -> int:
    return 404 if problem.what.startswith("there is no") else 503


def _version(request: Request) -> JsonVersion:
    """Return the version of JSON that an address asks for."""
    return 1 if request.query_params.get("json_version") == "1" else SCHEMA_VERSION


def _plain(data: Data) -> dict[str, object]:
    return {key: _json(value) for key, value in data.items()}


def _json(value: object) -> object:
    """Convert data to what JSON can hold: dataclasses become objects, NaN and infinity become null."""
    if is_dataclass(value) and not isinstance(value, type):
        return _json(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_json(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
