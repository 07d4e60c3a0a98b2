"""Ctrl-C says what a command waits for, a second one interrupts it, and none is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
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


LOSES_AN_INTERRUPT = """
import time
from bot.infra.interrupt import repeat_lost_interrupts

class Fails:
    def __init__(self, error):
        self.error = error
    def __del__(self):
        raise self.error

repeat_lost_interrupts()
Fails(ValueError("printed as before"))
Fails(KeyboardInterrupt())
try:
    time.sleep(30)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interrupt_that_python_would_drop_is_raised_again() -> None:
    words = [sys.executable, "-c", LOSES_AN_INTERRUPT]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "interrupted\n"
    assert "ValueError: printed as before" in done.stderr
    assert "KeyboardInterrupt" not in done.stderr
