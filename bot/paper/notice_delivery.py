"""A process of its own that sends messages through apprise, started by path: what goes wrong in it stays in it.

It reads one JSON object, the addresses and the messages, and writes one line for each address as soon as that is done.
It is started without the keys of any exchange, and killed when its time is over. Of what apprise and its plugins say
nothing is passed on, since that may name an address.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from threading import Thread
from typing import Any, TextIO

_NAME = "Small-cap rotation"


def main() -> None:
    """Send every message to every address, each address by itself, so that none waits for another."""
    import apprise

    given, answers = json.load(sys.stdin), _own_line()
    asset = apprise.AppriseAsset(app_id=_NAME, app_desc="a paper-trading bot", http_redirects=False)
    for number, address in enumerate(given["addresses"]):
        service = apprise.Apprise.instantiate(address, asset=asset)
        Thread(target=_send, args=(answers, number, service, given["messages"])).start()


def _own_line() -> TextIO:
    """What this process tells its caller; whatever else prints, prints to standard error from now on."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _send(answers: TextIO, number: int, service: Any, messages: Sequence[tuple[str, str]]) -> None:
    """Send messages in their order, and tell what became of them."""
    if service is None:
        problem = "is of no kind that apprise knows, or is not whole"
    else:
        refused = sum(not _taken(service, title, body) for title, body in messages)
        problem = f"did not take {refused} of {len(messages)}" if refused else ""
    answers.write(json.dumps([number, problem]) + "\n")
    answers.flush()


def _taken(service: Any, title: str, body: str) -> bool:
    try:
        return bool(service.notify(body=body, title=title))
    except Exception:  # a plugin's own fault; its text may hold the address
        return False


if __name__ == "__main__":
    main()
