"""Read a venue's list of markets although some of its members are invalid.

ccxt parses the list as a whole: one pair that lacks its name or has an unexpected value would leave all coins unlisted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

_NAMES = ("symbol", "id", "instId", "product_id", "altname")
_SHOWN = 40
_MOST_DECIMALS = 40
"""Largest count of decimals of a price or quantity, of either sign."""


class _RecordedAnswers:
    """Answers to the requests of one `fetch_markets`, recorded from the network and given again from memory."""

    def __init__(self, client: Any, path: tuple[str, ...]) -> None:
        self._client, self._path = client, path
        self._send = client.fetch
        self._recorded: list[tuple[str, Any]] = []
        self.is_refused = False

    def record(self, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send a request and keep its answer."""
        self.is_refused = True
        answer = self._send(url, *args, **kwargs)
        self.is_refused = False
        self._recorded.append((url, answer))
        return answer

    def members(self) -> list[Any]:
        """Return the members of the longest list, as pairs if it is a dictionary."""
        found = [_members(answer, self._path) for _, answer in self._recorded]
        return max(found, key=len, default=[])

    def parse(self, members: Sequence[Any]) -> list[dict[str, Any]]:
        """Let ccxt parse some members of the recorded answers."""
        longest = self.members()

        def replay(url: str, *args: Any, **kwargs: Any) -> Any:
            answer = next((answer for asked, answer in self._recorded if asked == url), None)
            found = _members(answer, self._path)
            return _with_members(answer, self._path, members) if found and len(found) == len(longest) else answer

        self._client.fetch = replay
        markets: list[dict[str, Any]] = self._client.fetch_markets()
        return markets

    def valid(self, members: Sequence[Any], left_out: list[str]) -> list[dict[str, Any]]:
        """Parse the valid members and name the others, by halving the list around each invalid one."""
        try:
            return self.parse(members)
        except Exception:
            if len(members) <= 1:
                left_out.extend(_name(member) for member in members)
                return []
        middle = len(members) // 2
        return self.valid(members[:middle], left_out) + self.valid(members[middle:], left_out)


def fetch_markets(client: Any, path: tuple[str, ...], left_out: list[str]) -> list[dict[str, Any]]:
    """Fetch a venue's markets and leave the invalid ones out.

    Parameters
    ----------
    client : object
        ccxt's client.
    path : tuple of str
        Keys from the answer to its list.
    left_out : list of str
        Receives the names of the invalid members.

    Raises
    ------
    Exception
        As ccxt raises it, if a request failed or every member is invalid.
    """
    is_limited, answers = client.enableRateLimit, _RecordedAnswers(client, path)
    client.fetch, client.parse_precision = answers.record, partial(_step_of_decimals, client.parse_precision)
    try:
        try:
            markets = client.fetch_markets()
        except Exception:
            members = answers.members()
            if answers.is_refused or not members:
                raise
            client.enableRateLimit = False  # what follows sends no request
            if not (markets := answers.valid(members, left_out)):
                raise
    finally:
        del client.fetch, client.parse_precision
        client.enableRateLimit = is_limited
    valid = [market for market in markets if _is_named(market)]
    left_out.extend(_name(market) for market in markets if not _is_named(market))
    return valid


def _step_of_decimals(parse: Callable[[str | None], str | None], decimals: str | None) -> str | None:
    """Return the step that a count of decimals means. Raises ValueError for a count that no venue has."""
    # ccxt writes the step out, a zero at a time: 1e15 decimals would never end.
    if decimals is not None and abs(int(decimals)) > _MOST_DECIMALS:
        raise ValueError("not a count of decimals")
    return parse(decimals)


def _is_named(market: dict[str, Any]) -> bool:
    return all(isinstance(market.get(name), str) and market[name] for name in ("id", "symbol", "base", "quote"))


def _members(answer: Any, path: tuple[str, ...]) -> list[Any]:
    for key in path:
        answer = answer.get(key) if isinstance(answer, dict) else None
    if isinstance(answer, dict):
        return list(answer.items())
    return answer if isinstance(answer, list) else []


def _with_members(answer: Any, path: tuple[str, ...], members: Sequence[Any]) -> Any:
    """Return an answer whose list has these members only."""
    if path:
        return {**answer, path[0]: _with_members(answer[path[0]], path[1:], members)}
    return dict(members) if isinstance(answer, dict) else list(members)


def _name(member: Any) -> str:
    if isinstance(member, tuple):
        return str(member[0])[:_SHOWN]
    found = [str(member[key]) for key in _NAMES if isinstance(member, dict) and member.get(key)]
    return found[0][:_SHOWN] if found else f"a member without a name ({type(member).__name__})"
