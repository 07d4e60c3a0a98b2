"""Reproducibility: the same rows give the same decisions, in this process and in new ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.backtest.check.check_result import CheckFinding, CheckPart
from bot.backtest.check.fresh_process import HashSeed, ProcessAnswer
from bot.backtest.check.strategy_answer import Difference, StrategyAnswer, ask, first_difference
from bot.backtest.check.subject import Subject
from bot.core.errors import ConfigError
from bot.core.ports import Strategy

REPRODUCIBLE = "reproducibility"

AskProcesses = Callable[[Sequence[HashSeed]], list[ProcessAnswer]]
"""Asks the strategy in new processes."""

_TWICE = "when it is asked twice with the same rows"
_MEMORY = "when it was asked before with other rows"
_ANEW = "in a new process"
_ORDER = "with another hash seed (the order of a set or of hash() decides)"


def check_here(subject: Subject, asked: Strategy) -> CheckFinding | None:
    """Ask an instance that has answered before: with the same rows, and with fewer.

    Parameters
    ----------
    subject
        The strategy with its answer to the whole history.
    asked
        The instance that made this answer.

    Returns
    -------
    CheckFinding or None
        The first decision that differs.
    """
    try:
        if (again := first_difference(subject.whole, ask(asked, subject.market))) is not None:
            return _finding(_TWICE, again)
        half = subject.times[len(subject.times) // 2]
        market = subject.market.as_of(half)
        # Compared with a new instance, not with the whole history: that also differs by later rows that were read.
        try:
            new = ask(subject.make(), market)
        except ConfigError:  # a fault of its own, which the look-ahead check names
            return None
        try:
            remembered = first_difference(new, ask(asked, market))
        except ConfigError:  # the wrong number of decisions, say: those of the call before
            remembered = Difference(half, ("number of decisions",))
        return None if remembered is None else _finding(_MEMORY, remembered)
    except ConfigError as problem:
        return CheckFinding(f"not reproducible: asked again, it ends with an error: {problem}")


def check_processes(
    subject: Subject, answers: Sequence[ProcessAnswer], ask_processes: AskProcesses
) -> CheckFinding | None:
    """Compare the answers of new processes with the whole answer, and name the cause of the first difference."""
    for answer in answers:
        if answer.error is not None or answer.answer is None:
            return CheckFinding(f"not reproducible: {_ANEW} it ends with an error: {answer.error}")
    differing = [d for a in answers if a.answer is not None and (d := _difference(subject.whole, a.answer))]
    if not differing:
        return None
    first = min(differing, key=lambda difference: difference.at)
    # Twice the same seed: two equal answers leave the order of hashes as the cause.
    one, two = ask_processes([HashSeed(1), HashSeed(1)])
    is_by_seed = one.answer is not None and two.answer is not None and _difference(one.answer, two.answer) is None
    return _finding(_ORDER if is_by_seed else _ANEW, first)


def _difference(one: StrategyAnswer, other: StrategyAnswer) -> Difference | None:
    """Return the first difference; readings are left out, since processes drop them."""
    return first_difference(one, other, with_readings=False)


def _finding(when: str, difference: Difference) -> CheckFinding:
    what = ", ".join(difference.fields)
    sentence = f"not reproducible: the decision of {difference.at.date()} differs {when} ({what})"
    return CheckFinding(sentence, difference.at, difference.fields)


def part_of(findings: Sequence[CheckFinding], seeds: Sequence[int]) -> CheckPart:
    """Return the part with what was asked."""
    named = ", ".join(map(str, seeds))
    sentence = f"asked twice, asked after other rows, and asked in {len(seeds)} new processes with hash seeds {named}"
    return CheckPart(REPRODUCIBLE, sentence, tuple(findings[:1]), figures=(("hash_seeds", list(seeds)),))
