"""A kind of fuzz input: its good bodies, and the commands that read a body."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

COMMANDS = Callable[[Path, bytes], Sequence[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of input.

    Attributes
    ----------
    name
        Name in a fault, and seed of the mutations.
    bodies
        Good bodies, from which mutated ones are made.
    commands
        Puts a body into an empty folder and returns the arguments of the commands that read it there.
    vendors
        Sends a body as the answer of a vendor while the commands run.
    good_codes
        Exit codes of the commands on a good body.
    """

    name: str
    bodies: Sequence[bytes]
    commands: COMMANDS
    vendors: Callable[[bytes], AbstractContextManager[object]] = lambda body: nullcontext()
    good_codes: frozenset[int] = frozenset({0})
