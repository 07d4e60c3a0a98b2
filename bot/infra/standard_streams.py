"""Standard input, output and error of the process, also where a caller closed them or their reader fails."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))
"""Names in `sys` and modes, by file descriptor."""


OUTPUT = "standard output"
"""File name in an OSError of a failed write to standard output."""


class _OutputFile(io.FileIO):
    """Descriptor of standard output. The error of a failed write names it, so that the disk is not blamed."""

    def write(self, content: ReadableBuffer, /) -> int:
        try:
            return super().write(content) or 0
        except OSError as problem:
            problem.filename = OUTPUT
            raise


class _MessageFile(io.FileIO):
    """Descriptor of standard error. A write that fails is dropped: a command's work is worth more than its messages."""

    def write(self, content: ReadableBuffer, /) -> int:
        try:
            return super().write(content) or 0
        except OSError:
            return memoryview(content).nbytes


def open_closed_streams() -> None:
    """Open the null device for standard streams that the caller of the process closed, as `>&-` does."""
    for number, (name, mode) in enumerate(_STREAMS):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free descriptor is this one. Left free, the next file of the bot would get it, a ledger
            # perhaps, and whatever a library prints would be written into that file.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def name_failing_streams() -> None:
    """Replace standard output and error: a failed write to the first names it, one to the second is dropped.

    Writes fail where the disk of a redirected output is full, or where the reader of a pipe or the terminal is gone.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout = output_stream(sys.stdout.fileno(), sys.stdout)
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr = _text_stream(_MessageFile(sys.stderr.fileno(), "w", closefd=False), sys.stderr)


def output_stream(descriptor: int, like: io.TextIOWrapper) -> TextIO:
    """Return a text stream of standard output on a descriptor, with the encoding and buffering of another stream."""
    return _text_stream(_OutputFile(descriptor, "w", closefd=False), like)


def _text_stream(raw: io.FileIO, like: io.TextIOWrapper) -> io.TextIOWrapper:
    # PYTHONUNBUFFERED, as in a container, sets write_through: each line is then to be seen at once.
    by_line = like.line_buffering or like.write_through
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=like.encoding, errors=like.errors, line_buffering=by_line)
