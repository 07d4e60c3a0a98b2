"""Errors of a failed write: the user who lacks the right, and the owner."""

from __future__ import annotations

import errno
import os
import pwd
from pathlib import Path

from bot.core.errors import BotError

MENDS = {
    errno.ENOSPC: "make room",
    errno.EDQUOT: "make room",
    errno.EFBIG: "allow larger files: ulimit -f",
    errno.EROFS: "mount it for writing",
}
"""Remedies of failed writes, by the number of the system's error."""


def write_error(error: type[BotError], path: Path, problem: OSError | None = None) -> BotError:
    """Return the error of a failed write, with its true cause.

    Parameters
    ----------
    error
        Class of the error.
    path
        File or folder that was to be written.
    problem
        Answer of the operating system, if there is one.
    """
    code = None if problem is None else problem.errno
    place = _denied(path)
    if code in (None, errno.EACCES, errno.EPERM) and place is not None:
        return _denied_error(error, path, place)
    if (found := obstacle(path, code)) is not None:
        reason, mend = found
        return error(f"cannot be written: {reason}", where=str(path), mend=mend)
    reason = "the file cannot be opened" if problem is None else str(problem.strerror or problem)
    return error(f"cannot be written: {reason}", where=str(path), mend=None if code is None else MENDS.get(code))


def is_write_denied(path: Path) -> bool:
    """Return True if this user lacks the right to write a file, or to make it in its folder."""
    return _denied(path) is not None


def _denied(path: Path) -> Path | None:
    """Return the place where this user lacks the right to write: the path, or its nearest folder that exists."""
    # os.path: below a folder that may not be entered, Path.is_file and Path.is_dir raise an error.
    if os.path.isfile(path) and not os.access(path, os.W_OK, effective_ids=True):  # noqa: PTH113
        return path
    folder = next((one for one in _folders(path) if os.path.isdir(one)), None)  # noqa: PTH112
    if folder is not None and not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        return folder
    return None


def obstacle(path: Path, code: int | None = None) -> tuple[str, str] | None:
    """Return what stands in the place of a folder of the path, and its remedy; None if its folders can be made.

    Parameters
    ----------
    path
        File or folder that was to be made.
    code
        Number of the system's error. At EEXIST the path itself was to be a folder.
    """
    full = path.absolute()
    folders = [full, *full.parents] if code == errno.EEXIST else full.parents
    place = next((one for one in folders if os.path.lexists(one)), None)
    if place is None or os.path.isdir(place):  # noqa: PTH112
        return None
    if place.is_symlink():
        return f"{place} is a link to {place.readlink()}, which is missing", "make that folder, or remove the link"
    return f"{place} is a file, not a folder", "move it away, or name another folder"


def _folders(path: Path) -> list[Path]:
    full = path.absolute()
    return [full, *full.parents]


def _denied_error(error: type[BotError], path: Path, place: Path) -> BotError:
    owner, user = place.stat().st_uid, os.geteuid()
    what = f"{_name(user)} may not write to {place}, which belongs to {_name(owner)}"
    if owner == user:
        return error(what, where=str(path), mend=f"allow it with: chmod u+w {place}")
    mend = f"run as that user, or give it to this one with: chown -R {user} {place}"
    return error(what, where=str(path), mend=mend)


def _name(user: int) -> str:
    try:
        return f"{pwd.getpwuid(user).pw_name} (uid {user})"
    except KeyError:  # a container's user has no name outside of it
        return f"uid {user}"
