"""Process that sends messages through apprise. It is started by path, so that a fault of a plugin stays in it.

It reads one JSON object with addresses and messages, and writes one line for each address once that is done. Its
environment lacks the keys of all exchanges, and it is killed when its time is over. Output of apprise and its plugins
is dropped, since it may contain an address.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from threading import Thread
from typing import Protocol, TextIO

_NAME = "Small-cap rotation"


class _Service(Protocol):
    def notify(self, *, body: str, title: str) -> bool | None: ...


def main() -> None:
    """Send every message to every address, with a thread per address, so that a slow one delays only itself."""
    import apprise

    given, answers = json.load(sys.stdin), _answer_stream()
    asset = apprise.AppriseAsset(app_id=_NAME, app_desc="a paper-trading bot", http_redirects=False)
    for number, address in enumerate(given["addresses"]):
        service = apprise.Apprise.instantiate(address, asset=asset)
        Thread(target=_send, args=(answers, number, service, given["messages"])).start()


def _answer_stream() -> TextIO:
    """Return the stream to the caller, and redirect all other output to standard error."""
    # Plugins print to standard output; what they print must not be read as an answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _send(answers: TextIO, number: int, service: _Service | None, messages: Sequence[tuple[str, str]]) -> None:
    """Send messages in their order, and write the result."""
    if service is None:
        problem = "is incomplete, or of a kind that apprise does not know"
    else:
        refused = sum(not _taken(service, title, body) for title, body in messages)
        problem = f"did not take {refused} of {len(messages)}" if refused else ""
    answers.write(json.dumps([number, problem]) + "\n")
    answers.flush()


def _taken(service: _Service, title: str, body: str) -> bool:
    try:
        return bool(service.notify(body=body, title=title))
    except Exception:  # a plugin's own fault; its text may hold the address
        return False


if __name__ == "__main__":
    main()
