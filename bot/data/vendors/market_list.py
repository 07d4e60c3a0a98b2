"""Read a venue's list of markets although some of its members are invalid.

ccxt parses the list as a whole: one pair that lacks its name or has an unexpected value would leave all coins unlisted.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

_NAMES = ("symbol", "id", "instId", "product_id", "altname")
_SHOWN = 40


class KnownMarkets:
    """Markets of a venue from its last list, for the next client of the same process.

    They are used again if each request is answered with the same members, of which ccxt makes the markets. To parse a
    list takes a sixth of a tick.

    Attributes
    ----------
    digests : list of str
        SHA-256 of each request and its members; of the whole answer if it has none.
    newest : list of str
        The same of the last list that was fetched.
    """

    def __init__(self) -> None:
        self.digests: list[str] = []
        self.newest: list[str] = []
        # As bytes, which take a tenth of the memory, and so that no client changes them.
        self._kept = b""

    def keep(self, markets: Sequence[dict[str, Any]], left_out: Sequence[str]) -> None:
        """Keep the used markets of the last list, and the names of its invalid members."""
        if self.newest != self.digests and markets:
            self.digests, self._kept = self.newest, pickle.dumps((markets, left_out))

    def take(self, left_out: list[str]) -> list[dict[str, Any]]:
        """Return the markets and add the names of the invalid members."""
        markets, names = pickle.loads(self._kept)
        left_out.extend(names)
        return list(markets)


class _RecordedAnswers:
    """Answers to the requests of one `fetch_markets`, recorded from the network and given again from memory."""

    def __init__(self, client: Any, path: tuple[str, ...], known: KnownMarkets) -> None:
        self._client, self._path, self._known = client, path, known
        self._send = client.fetch
        self._recorded: list[tuple[str, Any]] = []
        self.digests: list[str] = []
        self.is_refused = False

    def record(self, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send a request and keep its answer. A known one is returned without members, which take long to parse."""
        self.is_refused = True
        answer = self._send(url, *args, **kwargs)
        self.is_refused = False
        self._recorded.append((url, answer))
        members = _members(answer, self._path)
        self.digests.append(sha256(json.dumps([url, members or answer]).encode()).hexdigest())
        may_be_known = self.digests == self._known.digests[: len(self.digests)]
        return _with_members(answer, self._path, []) if may_be_known and members else answer

    @property
    def is_known(self) -> bool:
        """True if all answers are those of the known markets."""
        return self.digests == self._known.digests

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


def fetch_markets(client: Any, path: tuple[str, ...], left_out: list[str], known: KnownMarkets) -> list[dict[str, Any]]:
    """Fetch a venue's markets and leave the invalid ones out.

    Parameters
    ----------
    client : object
        ccxt's client.
    path : tuple of str
        Keys from the answer to its list.
    left_out : list of str
        Receives the names of the invalid members.
    known : KnownMarkets
        Markets of the last list, which are returned if this list is the same.

    Raises
    ------
    Exception
        As ccxt raises it, if a request failed or every member is invalid.
    """
    is_limited, answers = client.enableRateLimit, _RecordedAnswers(client, path, known)
    client.fetch = answers.record
    try:
        try:
            markets = client.fetch_markets()
            if known.digests[:1] == answers.digests[:1] and not answers.is_known:  # another answer to a later request
                markets = answers.parse(answers.members())
        except Exception:
            members = answers.members()
            if answers.is_refused or not members:
                raise
            client.enableRateLimit = False  # what follows sends no request
            if not (markets := answers.valid(members, left_out)):
                raise
    finally:
        del client.fetch
        client.enableRateLimit = is_limited
    known.newest = answers.digests
    if answers.is_known:
        return known.take(left_out)
    valid = [market for market in markets if _is_named(market)]
    left_out.extend(_name(market) for market in markets if not _is_named(market))
    return valid


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
