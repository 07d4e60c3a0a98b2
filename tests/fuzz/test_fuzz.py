"""Mutated input ends as good input or as one line: no exit code 1, no hang, no growth without bound."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.running import bot
from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS
from tests.fuzz.trial import body_of, run_trial, run_trial_in_child
from tests.fuzz.vendor_targets import ANSWERS

IN_PROCESS = 300
"""Trials of all kinds together."""
IN_CHILDREN = 5_000
_FEW = 2
"""Trials of each kind in the default suite."""


@pytest.mark.parametrize(
    "seeds",
    [range(_FEW), pytest.param(range(_FEW, -(-IN_PROCESS // len(TARGETS))), marks=pytest.mark.slow)],
    ids=["few", "more"],
)
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_mutated_body_is_read_or_refused(target: Target, seeds: range, tmp_path: Path) -> None:
    faults = []
    for seed in seeds:
        faults += run_trial(target, seed, tmp_path / str(seed))
    assert faults == []


@pytest.mark.soak
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_mutated_body_is_read_or_refused_in_a_process_of_its_own(target: Target, tmp_path: Path) -> None:
    # Here, so that the modules are loaded once and not in each child process.
    faults = run_trial(target, 0, tmp_path / "here")
    for seed in range(-(-IN_CHILDREN // len(TARGETS))):
        folder = tmp_path / str(seed)
        faults += run_trial_in_child(target, seed, folder)
        shutil.rmtree(folder)
    assert faults == []


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_good_bodies_are_read(target: Target, tmp_path: Path) -> None:
    for number, body in enumerate(dict.fromkeys(target.bodies)):
        folder = tmp_path / str(number)
        folder.mkdir()
        with target.vendors(body):
            codes = [bot(*arguments, cwd=folder).returncode for arguments in target.commands(folder, body)]
        assert set(codes) <= target.good_codes


@pytest.mark.parametrize("target", ANSWERS, ids=lambda target: target.name)
def test_good_answers_of_a_vendor_are_stored(target: Target, tmp_path: Path) -> None:
    """An answer about an unknown symbol ends with 0 too."""
    update, _ = target.commands(tmp_path, target.bodies[0])
    with target.vendors(target.bodies[0]):
        told = json.loads(bot(*update, cwd=tmp_path).stdout)
    assert [(series["came"], series["new"] > 0) for series in told["series"]] == [("new rows", True)]


def test_a_seed_gives_the_same_body_at_every_run() -> None:
    target = TARGETS[0]
    assert body_of(target, 7) == body_of(target, 7) != body_of(target, 8)
