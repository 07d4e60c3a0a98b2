"""Keys and signatures stand in no log, traceback, error or copy; each leak is shown to be one without the guard."""

from __future__ import annotations

import copy
import http.client
import io
import logging
import pickle
import traceback
from collections.abc import Iterator
from typing import Any

import ccxt
import loguru
import pytest

from bot.brokers.testnet.ccxt_client import sandbox_client
from bot.brokers.testnet.client import TestnetExchange, open_testnet
from bot.brokers.testnet.guard import Loopback, Testnet
from bot.brokers.testnet.keys import LOOPBACK_KEYS, Keys
from bot.brokers.testnet.session import GuardedAdapter, TestnetSession
from bot.core.errors import BotError, NotSandbox
from bot.core.orders import Side
from tests.brokers.testnet.walk import KEY, SECRET, Mode, Recorder, bare
from tests.clocks import FakeClock
from tests.servers.loopback import as_json, dropped
from tests.servers.testnet import TestnetServer

ENVIRONMENT = {"BINANCE_TESTNET_API_KEY": KEY, "BINANCE_TESTNET_API_SECRET": SECRET}
LEAKS = (KEY, SECRET, "signature=", LOOPBACK_KEYS.key, LOOPBACK_KEYS.secret)


@pytest.fixture
def server() -> Iterator[TestnetServer]:
    with TestnetServer() as server:
        server.date = FakeClock().now()
        yield server


def free_client(server: TestnetServer) -> Any:
    base = f"{server.url}/api/v3"
    return bare("binance", Mode.SANDBOX, urls={"test": {"public": base, "private": base}})


def leaked(text: str) -> list[str]:
    return [leak for leak in LEAKS if leak in text]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that any logger of the standard library says, at the lowest level."""
    kept = io.StringIO()
    handler = logging.StreamHandler(kept)
    root = logging.getLogger()
    root.addHandler(handler)
    names = ["", "ccxt", "ccxt.base.exchange", "urllib3", "urllib3.connectionpool", "requests"]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield kept
    root.removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def test_debug_logs_hold_nothing_whatever_levels_are_set(server: TestnetServer, log: io.StringIO) -> None:
    with pytest.raises(ccxt.AuthenticationError):
        free_client(server).privateGetAccount()
    assert KEY in log.getvalue() and "signature=" in log.getvalue()
    log.truncate(0)
    exchange = open_testnet(Loopback(server.port), FakeClock(), {})
    for name in ("urllib3", "urllib3.connectionpool"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    exchange.submit("r-1", "ETH/USDT", Side.BUY, exchange.rules("ETH").step)
    assert leaked(log.getvalue()) == [] and "api/v3" not in log.getvalue()


def test_a_traceback_with_all_values_of_variables_holds_nothing(recorder: Recorder) -> None:
    kept = io.StringIO()
    logger = loguru.logger
    number = logger.add(kept, diagnose=True, backtrace=True, level=0, format="{message}")
    try:
        bare("binance", Mode.SANDBOX).privateGetAccount()
    except ccxt.BaseError:
        logger.exception("without the guard")
    assert "signature=" in kept.getvalue()
    kept.truncate(0)
    for attempt in attempts(open_testnet(Testnet("binance"), FakeClock(), ENVIRONMENT)):
        try:
            attempt()
        except BotError:
            logger.exception("with the guard")
            traceback.print_exc(file=kept)
    logger.remove(number)
    assert "with the guard" in kept.getvalue()
    assert leaked(kept.getvalue()) == []


def attempts(exchange: TestnetExchange) -> list[Any]:
    """Calls that all end in an error, one of them by the guard's own refusal."""
    client = exchange._transport._client
    return [
        exchange.balances,
        exchange.server_time,
        lambda: exchange._transport.call(lambda: client.privatePostOrder({"symbol": "ETHUSDT", "type": "LIMIT"})),
        lambda: exchange._transport.call(lambda: client.sapiPostMarginOrder({"symbol": "ETHUSDT"})),
        lambda: exchange._transport.call(lambda: client.fetch("https://api.binance.com/", "POST", {}, "a=b")),
    ]


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    return Recorder().install(monkeypatch)


def test_no_error_holds_on_to_a_request(recorder: Recorder) -> None:
    with pytest.raises(ccxt.BaseError) as caught:
        bare("binance", Mode.SANDBOX).privateGetAccount()
    assert caught.value.__cause__.request.headers["X-MBX-APIKEY"] == KEY  # type: ignore[union-attr]
    assert "signature=" in str(caught.value)
    for attempt in attempts(open_testnet(Testnet("binance"), FakeClock(), ENVIRONMENT)):
        with pytest.raises(BotError) as held:
            attempt()
        assert (
            leaked(str(held.value) + repr(held.value.as_dict()) + pickle.dumps(held.value.as_dict()).decode("latin-1"))
            == []
        )
        for problem in chain(held.value):
            assert isinstance(problem, BotError)
            assert not any("ccxt" in frame.filename for frame in traceback.extract_tb(problem.__traceback__))


def chain(problem: BaseException | None) -> Iterator[BaseException]:
    """An error, its causes and its contexts."""
    while problem is not None:
        yield problem
        problem = problem.__cause__ or problem.__context__


def test_nothing_that_holds_keys_can_be_copied_or_pickled() -> None:
    # Without the guard, a copy of what makes the object has everything.
    free = bare("binance")
    assert SECRET.encode() in pickle.dumps({name: vars(free)[name] for name in ("apiKey", "secret")})
    keys, clock = Keys(KEY, SECRET), FakeClock()
    session = TestnetSession(Testnet("binance"), keys, clock)
    held = [
        keys,
        session,
        sandbox_client(session, keys, clock),
        GuardedAdapter(Testnet("binance"), keys),
        open_testnet(Testnet("binance"), clock, ENVIRONMENT),
    ]
    for one in held:
        for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(NotSandbox):
                attempt(one)
        assert leaked(repr(one) + str(one)) == []


def test_keys_cannot_be_changed() -> None:
    keys = Keys(KEY, SECRET)
    with pytest.raises(NotSandbox):
        keys._key = "x"  # type: ignore[misc]
    assert not hasattr(keys, "__dict__")


def test_the_sealed_object_keeps_no_request(server: TestnetServer) -> None:
    free = free_client(server)
    with pytest.raises(ccxt.AuthenticationError):
        free.privateGetAccount()
    assert KEY in str(free.last_request_headers)
    exchange = open_testnet(Loopback(server.port), FakeClock(), {})
    assert exchange.balances()
    kept = {
        name: value for name, value in vars(exchange._transport._client).items() if name not in ("apiKey", "secret")
    }
    assert leaked(str(kept)) == []


def test_what_a_venue_repeats_of_a_key_is_not_shown(server: TestnetServer) -> None:
    exchange = open_testnet(Loopback(server.port), FakeClock(), {})
    exchange.pairs()
    server.fail(as_json({"code": -1100, "msg": f"bad \x1b[31m {LOOPBACK_KEYS.key} and\nmore"}, 400))
    with pytest.raises(BotError, match=r"-1100 bad \[31m \(hidden\) and more") as caught:
        exchange.submit("r-1", "ETH/USDT", Side.BUY, exchange.rules("ETH").step)
    assert leaked(str(caught.value)) == [] and "\x1b" not in str(caught.value)


def test_a_connection_that_prints_what_it_sends_is_not_used(
    server: TestnetServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    with pytest.raises(ccxt.AuthenticationError):
        free_client(server).privateGetAccount()
    assert KEY in capsys.readouterr().out
    with pytest.raises(NotSandbox, match="debuglevel"):
        open_testnet(Loopback(server.port), FakeClock(), {}).balances()
    assert capsys.readouterr().out == ""


def test_nothing_is_printed(server: TestnetServer, capsys: pytest.CaptureFixture[str]) -> None:
    free = free_client(server)
    free.verbose = True
    with pytest.raises(ccxt.AuthenticationError):
        free.privateGetAccount()
    assert KEY in capsys.readouterr().out
    exchange = open_testnet(Loopback(server.port), FakeClock(), {})
    exchange._transport._client.__dict__["verbose"] = True
    server.fail(dropped())
    assert exchange.balances()
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""
