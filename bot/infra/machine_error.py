"""Errors of the system that any step of a command may meet: a full disk, little memory, an overlong file name."""

from __future__ import annotations

import errno
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from bot.core.errors import BotError, ConfigError, MachineError
from bot.infra.installation import require_current_folder
from bot.infra.write_access import MENDS, obstacle

_MORE_PROCESSES = "allow more processes: ulimit -u"
_MAKE_ROOM = "make room, also in the folder of temporary files (TMPDIR)"
_MENDS = {
    **MENDS,
    errno.ENOSPC: _MAKE_ROOM,
    errno.EDQUOT: _MAKE_ROOM,
    errno.EMFILE: "allow more open files: ulimit -n",
    errno.ENFILE: "allow the system more open files, or end other programs",
    errno.ENOMEM: "free memory",
    errno.EIO: "check the disk",
    errno.EAGAIN: _MORE_PROCESSES,
}


def machine_error(problem: BaseException) -> BotError | None:
    """Return the error of one line if an exception comes from the machine and not from the program.

    Parameters
    ----------
    problem
        An exception that no step has expected.
    """
    if isinstance(problem, MemoryError):
        return MachineError("the machine has too little memory", mend=_MENDS[errno.ENOMEM])
    if isinstance(problem, RuntimeError) and str(problem) == "can't start new thread":
        return MachineError("the machine starts no more threads", mend=_MORE_PROCESSES)
    if isinstance(problem, BrokenProcessPool):
        return process_killed()
    if isinstance(problem, OSError) and problem.errno == errno.ENAMETOOLONG:
        where = None if problem.filename is None else str(problem.filename)
        return ConfigError("is too long for the name of a file", where=where)
    if isinstance(problem, OSError) and problem.errno in _MENDS:
        where = None if problem.filename is None else str(problem.filename)
        return MachineError(str(problem.strerror), where=where, mend=_MENDS[problem.errno])
    if isinstance(problem, PermissionError) and problem.filename is not None:
        mend = "give this user the right to read and write it"
        return MachineError(str(problem.strerror), where=str(problem.filename), mend=mend)
    if isinstance(problem, FileNotFoundError):
        try:
            require_current_folder()  # it may have been removed while the command ran
        except MachineError as gone:
            return gone
    if isinstance(problem, NotADirectoryError | FileExistsError) and problem.filename is not None:
        found = obstacle(Path(str(problem.filename)), problem.errno)
        return None if found is None else MachineError(found[0], where=str(problem.filename), mend=found[1])
    return None


def process_killed() -> MachineError:
    """Return the error for a process of a command that was killed."""
    return MachineError("a process of the command was killed, as where memory is short", mend="run it again")
