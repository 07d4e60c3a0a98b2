"""Ctrl-C says what a command waits for, and a second one interrupts it."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from bot.infra.interrupt import announce_stop


@pytest.fixture
def handled() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, lambda *_: None)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("handled")
def test_the_first_ctrl_c_names_what_is_finished_and_the_second_interrupts(capfd: pytest.CaptureFixture[str]) -> None:
    announce_stop(signal.SIGINT, "a running tick is finished")
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "\nStopping: a running tick is finished first. Ctrl-C again stops at once.\n")
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("handled")
def test_another_signal_says_nothing_and_leaves_ctrl_c_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    announce_stop(signal.SIGTERM, "a running tick is finished")
    assert capfd.readouterr().err == ""
    signal.raise_signal(signal.SIGINT)  # handled by the fixture
