"""The vendors on this machine, as for the tests of `bot.data`."""

from tests.data.conftest import clock, servers, sessions

__all__ = ["clock", "servers", "sessions"]
