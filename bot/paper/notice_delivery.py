"""Process that sends messages through apprise. It is started by path, so that a fault of a plugin stays in it.

It reads one JSON object with addresses, the messages of each, and the pauses between tries, and writes one line for
each address once that is done. Its
environment lacks the keys of all exchanges, and it is killed when its time is over. Output of apprise and its plugins
is dropped, since it may contain an address.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from threading import Thread
from typing import Protocol, TextIO

_NAME = "Small-cap rotation"


class _Service(Protocol):
    def notify(self, *, body: str, title: str, body_format: str) -> object: ...


def main() -> None:
    """Send every message to every address, with a thread per address, so that a slow one delays only itself."""
    import apprise

    given, answers = json.load(sys.stdin), _answer_stream()
    asset = apprise.AppriseAsset(app_id=_NAME, app_desc="a paper-trading bot", http_redirects=False)
    threads = []
    for number, (address, messages) in enumerate(zip(given["addresses"], given["messages"], strict=True)):
        # Apprise.notify, not the plugin's own: only the former escapes plain text for the channel, such as `<` for
        # Telegram, which refuses a message with a tag that it does not know.
        service = apprise.Apprise(asset=asset)
        known = service if service.add(address) else None
        threads.append(Thread(target=_send, args=(answers, number, known, messages, given["pauses"])))
        threads[-1].start()
    for thread in threads:  # apprise starts threads of its own, which Python refuses once the main one has ended
        thread.join()


def _answer_stream() -> TextIO:
    """Return the stream to the caller, and redirect all other output to standard error."""
    # Plugins print to standard output; what they print must not be read as an answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _send(
    answers: TextIO,
    number: int,
    service: _Service | None,
    messages: Sequence[tuple[str, str]],
    pauses: Sequence[float],
) -> None:
    """Send messages in their order, those that failed again after each pause, and write the indices of the failed."""
    refused: list[int] = []
    if service is None:  # trying again would not help
        problem = "is incomplete, or of a kind that apprise does not know"
    else:
        refused = [i for i in range(len(messages)) if not _taken(service, *messages[i])]
        for pause in pauses if refused else ():
            time.sleep(pause)
            refused = [i for i in refused if not _taken(service, *messages[i])]
        problem = f"did not take {len(refused)} of {len(messages)}" if refused else ""
    answers.write(json.dumps([number, problem, refused]) + "\n")
    answers.flush()


def _taken(service: _Service, title: str, body: str) -> bool:
    try:
        return bool(service.notify(body=body, title=title, body_format="text"))
    except Exception:  # a plugin's own fault; its text may hold the address
        return False


if __name__ == "__main__":
    main()
