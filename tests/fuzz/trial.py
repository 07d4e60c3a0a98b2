"""One trial of a mutated body: its exit codes, its time and its memory."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import signal
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from types import FrameType

from bot.cli.main import main
from tests.fuzz.mutations import mutate
from tests.fuzz.target import Target

SECONDS = 5
"""Longest time of a trial, of the processor: the machine may be busy."""
MEGABYTES = 300
"""Largest growth of the process."""


class TooLong(BaseException):
    """The time of a trial is over."""


def body_of(target: Target, seed: int) -> bytes:
    """Return the mutated body of a seed: the same at every run."""
    random = Random(f"{target.name} {seed}")
    return mutate(random.choice(target.bodies), random)


def run_trial(target: Target, seed: int, folder: Path) -> list[str]:
    """Run the commands on the body of a seed in this process and return what is wrong."""
    before, body = _megabytes(), body_of(target, seed)
    folder.mkdir()
    with target.vendors(body):
        endings = [_ending(arguments, folder) for arguments in target.commands(folder, body)]
    faults = [f"{target.name} {seed}: {ending}" for ending in endings if ending]
    if _megabytes() - before > MEGABYTES:
        faults.append(f"{target.name} {seed}: grew by {_megabytes() - before:.0f} MB")
    return faults


def _ending(arguments: Sequence[str], folder: Path) -> str:
    """Run a command and return what is wrong with its end, "" if it is right."""
    out, error = io.StringIO(), io.StringIO()
    code: object = "no exit"
    try:
        with (
            _limited(),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(error),
            contextlib.chdir(folder),
        ):
            main(arguments)
    except SystemExit as ended:
        code = ended.code
    except TooLong:
        return f"{' '.join(arguments[:2])}: longer than {SECONDS} s"
    except BaseException:
        code = traceback.format_exc()
    if code in (0, 2, 3, 4, 5):
        return ""
    logs = [path.read_text().strip().splitlines()[-1] for path in folder.rglob("bot.log")]
    return f"{' '.join(arguments[:2])}: exit {code}: {logs[0] if logs else error.getvalue()[-300:]}"


def run_trial_in_child(target: Target, seed: int, folder: Path) -> list[str]:
    """Run a trial in a process of its own and return what is wrong; a crash of the process counts."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        # A loop in C code is not reached by an exception.
        resource.setrlimit(resource.RLIMIT_CPU, (2 * SECONDS + 5, 2 * SECONDS + 10))
        with os.fdopen(writer, "w") as answers:
            answers.write("\n".join(run_trial(target, seed, folder)))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answers:
        faults = answers.read().splitlines()
    _, status = os.waitpid(child, 0)
    return faults if status == 0 else [*faults, f"{target.name} {seed}: the process ended with status {status}"]


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    def end(number: int, frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
