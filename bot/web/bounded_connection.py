"""HTTP connection of the dashboard that is closed after a time of silence."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

SILENT_SECONDS = 10.0
"""Seconds in which a client must send a whole request head, from its connection or its last response on."""
ANSWER_SECONDS = 120.0
"""Seconds for a request and its response together, so that a client that stops reading is closed too."""


class BoundedConnection(H11Protocol):
    """Connection with a deadline for each request.

    uvicorn counts silent connections towards its limit and closes them only after their first response, so that as many
    of them as the limit would keep everybody out. When all places are taken, a new connection takes the place of the
    one that has been silent for longest.
    """

    _deadline: asyncio.TimerHandle | None = None
    silent_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the deadline of the first request."""
        # One below the limit: uvicorn refuses the request that reaches it.
        if self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency - 1:
            self._close_longest_silent()
        super().connection_made(transport)
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the deadline."""
        self._stop_deadline()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Start the deadline of the response once the head of a request has arrived."""
        super().handle_events()
        if self.silent_since is not None and self.cycle is not None and not self.cycle.response_complete:
            self.silent_since = None
            self._start_deadline(ANSWER_SECONDS)

    def on_response_complete(self) -> None:
        """Start the deadline of the next request."""
        self._await_request()
        super().on_response_complete()

    def _await_request(self) -> None:
        self.silent_since = self.loop.time()
        self._start_deadline(SILENT_SECONDS)

    def _start_deadline(self, seconds: float) -> None:
        self._stop_deadline()
        self._deadline = self.loop.call_later(seconds, self.hang_up)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def hang_up(self) -> None:
        """Close the connection at once; what is still to be sent is dropped."""
        self._stop_deadline()
        # Its place is free now, not only when the loop reports the connection as lost.
        self.connections.discard(self)
        self.transport.abort()

    def _close_longest_silent(self) -> None:
        silent = [
            (one.silent_since, number, one)
            for number, one in enumerate(self.connections)
            if isinstance(one, BoundedConnection) and one.silent_since is not None
        ]
        if silent:
            min(silent)[2].hang_up()
