"""Answers of a strategy in new processes, each with a hash seed of its own."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.backtest.check.impurity import Impurity
from bot.backtest.check.purity_watch import PurityWatch
from bot.backtest.check.strategy_answer import MakeStrategy, StrategyAnswer, ask, portable
from bot.core.errors import ConfigError, MachineError
from bot.core.market import Market
from bot.core.plural import counted
from bot.infra.machine_error import machine_error, process_killed
from bot.infra.processes import follow_parent


@dataclass(frozen=True)
class StrategyJob:
    """The strategies and the market of a new process, with the import path of this one.

    A watched answer records what the strategy uses besides the market.
    """

    makes: tuple[MakeStrategy, ...]
    market: Market
    import_path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProcessAnswer:
    """The answer of a new process, its readings dropped; `error` is the strategy's own, if it ended with one."""

    answer: StrategyAnswer | None
    impurities: tuple[Impurity, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class HashSeed:
    """A new process: its hash seed, and True if the strategy is watched in it."""

    seed: int
    is_watched: bool = False


def answers_of_processes(
    folder: Path, makes: Sequence[MakeStrategy], market: Market, processes: Sequence[HashSeed], timeout: float
) -> list[list[ProcessAnswer]]:
    """Ask strategies in new processes, all at the same time.

    Parameters
    ----------
    folder
        An empty folder for the files that the processes share with this one.
    makes
        Functions that make the strategies; they are pickled.
    market
        The whole history.
    processes
        Hash seed of each process.
    timeout
        Seconds after which a process is ended.

    Returns
    -------
    list[list[ProcessAnswer]]
        For each process, the answer of each strategy.

    Raises
    ------
    ConfigError
        If a process ends early, or takes too long.
    MachineError
        If a process is killed, or lacks memory, room or open files.
    """
    job = folder / "job.pickle"
    job.write_bytes(pickle.dumps(StrategyJob(tuple(makes), market, tuple(sys.path)), pickle.HIGHEST_PROTOCOL))
    results = [folder / f"answer-{number}.pickle" for number in range(len(processes))]
    started = [_start(process, job, result) for process, result in zip(processes, results, strict=True)]
    try:
        for process in started:
            _wait(process, timeout)
    finally:
        for process in started:
            process.kill()
            process.wait()
    found: list[list[ProcessAnswer]] = [pickle.loads(result.read_bytes()) for result in results]
    return found


def _start(process: HashSeed, job: Path, result: Path) -> subprocess.Popen[bytes]:
    code = "from bot.backtest.check.fresh_process import answer_job; answer_job()"
    # -P: a folder `strategies` or a file `bot.py` in the current folder would be imported instead of the bot's.
    manner = "watched" if process.is_watched else "free"
    command = [sys.executable, "-P", "-c", code, str(job), str(result), manner, str(os.getpid())]
    project = str(Path(__file__).resolve().parents[3])
    path = os.pathsep.join(filter(None, (project, os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONHASHSEED": str(process.seed), "PYTHONPATH": path}
    # What a strategy prints goes to standard error, as in the bot itself. The process has a group of its own, so that
    # Ctrl-C reaches the command alone, which ends it: by itself it would print a traceback.
    return subprocess.Popen(command, env=environment, stdout=sys.__stderr__, stdin=subprocess.DEVNULL, process_group=0)


def _wait(process: subprocess.Popen[bytes], timeout: float) -> None:
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        raise ConfigError(f"the strategy takes over {counted(timeout, 'second')} in a new process") from None
    if code == -signal.SIGKILL:
        raise process_killed()
    if code == MachineError.exit_code:
        what = "a new process that asked the strategy had too little memory, room or open files"
        raise MachineError(what, mend="free memory, or make room in the folder of temporary files (TMPDIR)")
    if code:
        mend = "look for os._exit in the file, or for compiled code that crashes"
        raise ConfigError(f"a new process that asked the strategy ended with exit code {code}", mend=mend)


def answer_job() -> None:
    """Answer the job that the command line names. It is the whole work of a new process."""
    try:
        _answer_job(*sys.argv[1:])
    except Exception as problem:
        if machine_error(problem) is None:
            raise
        sys.exit(MachineError.exit_code)


def _answer_job(job_file: str, result: str, manner: str, parent: str) -> None:
    follow_parent(int(parent))
    job: StrategyJob = pickle.loads(Path(job_file).read_bytes())
    sys.path += [folder for folder in job.import_path if folder not in sys.path]
    # Before the files are loaded, so that `from numpy.random import rand` takes the function that is recorded.
    watch = PurityWatch() if manner == "watched" else None
    answers = [_answer(make, job.market, watch) for make in job.makes]
    Path(result).write_bytes(pickle.dumps(answers, pickle.HIGHEST_PROTOCOL))


def _answer(make: MakeStrategy, market: Market, watch: PurityWatch | None) -> ProcessAnswer:
    try:
        strategy = make()
        if watch is None:
            return ProcessAnswer(portable(ask(strategy, market)))
        market.decision_moments  # noqa: B018  computed before, so that the market's own work is unseen
        with watch.watching(getattr(strategy, "path", None)):
            answer = ask(strategy, market)
        return ProcessAnswer(portable(answer), tuple(sorted(watch.found)))
    except ConfigError as problem:
        return ProcessAnswer(None, error=str(problem))
