"""A phone on the loopback: what is sent to it as `json://` it keeps."""

from __future__ import annotations

import json

from tests.servers.loopback import Asked, LoopbackServer, Reply


class Phone(LoopbackServer):
    """Takes every message."""

    def answer(self, asked: Asked) -> Reply:
        return Reply()

    @property
    def address(self) -> str:
        """Where messages to it go, as apprise writes it; the last part is a secret."""
        return f"{self.url.replace('http', 'json')}/s3cret-path"

    @property
    def messages(self) -> list[tuple[str, str]]:
        """The title and the text of each message, in the order in which they came."""
        bodies = [json.loads(asked.body) for asked in self.asked]
        return [(body["title"], body["message"]) for body in bodies]
