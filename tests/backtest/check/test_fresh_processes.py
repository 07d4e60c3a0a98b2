"""What a strategy uses besides its market is found by name and line; decisions are the same in new processes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from bot.backtest.check.check_result import CheckFinding
from bot.backtest.check.fresh_process import HashSeed, ProcessAnswer, _wait, answers_of_processes
from bot.backtest.check.full_check import purity
from bot.backtest.check.reproducible import check_here, check_processes
from bot.core.errors import ConfigError, MachineError
from bot.core.ports import Strategy
from bot.services.user_strategy import load_strategy
from tests.backtest.check.faulty import FOLDER, config_of, file_of, line_of_fault, market, subject_of

pytestmark = pytest.mark.slow

NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))
Answers = Mapping[str, list[ProcessAnswer]]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """The answers of every file: watched with the hash seed 1, and free with 2."""
    seeds = [HashSeed(1, is_watched=True), HashSeed(2)]
    folder = tmp_path_factory.mktemp("processes")
    found = answers_of_processes(
        folder, [partial(load_strategy, file_of(name), {}) for name in NAMES], market(), seeds, timeout=100
    )
    return {name: [process[i] for process in found] for i, name in enumerate(NAMES)}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("reads_clock", "reads the clock while deciding: datetime.now"),
        ("imports_clock", "reads the clock while deciding: time.time"),
        ("reads_numpys_clock", "reads the clock while deciding: np.datetime64('today')"),
        ("tosses_coin", "uses chance without a seed while deciding: random.choice"),
        ("tosses_numpys_coin", "uses chance without a seed while deciding: numpy.random.rand"),
        ("reads_file", f"uses a file while deciding: {file_of('reads_file')}"),
        ("asks_network", "uses the network while deciding: socket.connect"),
        ("starts_process", "starts a process while deciding: subprocess.Popen"),
    ],
)
def test_what_a_strategy_uses_is_found_by_name_and_line(name: str, sentence: str, answers: Answers) -> None:
    part = purity(config_of(name), answers[name][0])
    line = line_of_fault(name)
    assert part.state == "fails"
    (finding,) = [finding for finding in part.findings if finding.line == line]
    assert finding.sentence == f"{sentence}, {file_of(name)} line {line}"
    assert Path(finding.file or "") == file_of(name)


@pytest.mark.parametrize("name", ["tosses_seeded_coin", "peeks_one_day", "warms_up", "depends_on_hash"])
def test_a_seed_and_arithmetic_are_pure(name: str, answers: Answers) -> None:
    assert purity(config_of(name), answers[name][0]).findings == ()


def in_processes(name: str, answers: Answers) -> CheckFinding | None:
    watched, free = answers[name]
    # The same hash seed again: chance gives another answer, the order of a set the same.
    again = [watched, free if name == "tosses_coin" else watched]
    return check_processes(subject_of(name), answers[name], lambda _: again)


def test_the_order_of_a_set_is_found_by_another_hash_seed(answers: Answers) -> None:
    finding = in_processes("depends_on_hash", answers)
    assert finding is not None
    assert finding.day == subject_of("depends_on_hash").times[0]
    assert "differs with another hash seed (the order of a set or of hash() decides) (stage" in finding.sentence


def test_chance_is_found_in_a_new_process_and_is_not_taken_for_hashes(answers: Answers) -> None:
    finding = in_processes("tosses_coin", answers)
    assert finding is not None
    assert "differs in a new process" in finding.sentence


@pytest.mark.parametrize("name", ["tosses_seeded_coin", "warms_up", "holds"])
def test_a_reproducible_strategy_is_the_same_in_new_processes(name: str, answers: Answers) -> None:
    assert in_processes(name, answers) is None


def test_state_of_the_module_is_found_by_an_earlier_call() -> None:
    subject = subject_of("keeps_state")
    finding = check_here(subject, subject.make())
    assert finding is not None
    assert finding.day == subject.times[0]
    assert "differs when it was asked before with other rows" in finding.sentence


def test_chance_is_found_by_asking_twice() -> None:
    subject = subject_of("tosses_coin")
    finding = check_here(subject, subject.make())
    assert finding is not None
    assert "differs when it is asked twice with the same rows" in finding.sentence


def test_a_peek_is_no_fault_of_reproducibility() -> None:
    subject = subject_of("peeks_at_maximum")
    assert check_here(subject, subject.make()) is None


def tell_process_group() -> Strategy:
    raise ConfigError(str(os.getpgrp()))


def test_ctrl_c_at_a_terminal_does_not_reach_the_new_processes(tmp_path: Path) -> None:
    """It goes to the command's group: the command ends them, and they print no traceback of their own."""
    ((answer,),) = answers_of_processes(tmp_path, [tell_process_group], market(), [HashSeed(1)], timeout=100)
    assert answer.error is not None
    assert int(answer.error) != os.getpgrp()


@pytest.mark.parametrize(("command", "words"), [("kill -9 $$", "was killed"), ("exit 5", "too little memory")])
def test_a_process_that_the_machine_ends_is_no_fault_of_the_strategy(command: str, words: str) -> None:
    process = subprocess.Popen(["sh", "-c", command])
    with pytest.raises(MachineError, match=words):
        _wait(process, 10.0)


def test_a_process_that_the_file_ends_is_one_line() -> None:
    process = subprocess.Popen(["sh", "-c", "exit 3"])
    with pytest.raises(ConfigError, match=r"ended with exit code 3; look for os\._exit in the file"):
        _wait(process, 10.0)
