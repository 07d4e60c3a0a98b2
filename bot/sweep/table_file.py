"""Write the table of a sweep to a file, as CSV or Parquet by its suffix."""

from __future__ import annotations

from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from bot.core.errors import ConfigError
from bot.core.install_hint import install_command
from bot.ledger.text_file import write_bytes
from bot.sweep.sweep_file import SweepFile

SUFFIXES = (".csv", ".parquet")


def require_writable(path: Path) -> None:
    """Raise ConfigError unless the suffix is known, its library is there, and the file is new."""
    if path.suffix not in SUFFIXES:
        raise ConfigError("has no known suffix", where=str(path), expected=" or ".join(SUFFIXES))
    if path.suffix == ".parquet" and find_spec("pyarrow") is None:
        mend = f"{install_command('sweep')}, or write a .csv file"
        raise ConfigError("Parquet needs pyarrow, not installed here", where=str(path), mend=mend)
    if path.exists():
        raise ConfigError("exists already", where=str(path), mend="name a new file")


def export_table(file: SweepFile, path: Path) -> None:
    """Write the table of a sweep.

    Raises
    ------
    ConfigError
        If the file exists, has another suffix than `.csv` and `.parquet`, or pyarrow is missing.
    LedgerError
        If the sweep is damaged or writing fails.
    """
    require_writable(path)
    table, content = file.table(), BytesIO()
    if path.suffix == ".csv":
        table.to_csv(content, index=False)
    else:
        table.to_parquet(content, engine="pyarrow", index=False)
    write_bytes(path, content.getvalue())
