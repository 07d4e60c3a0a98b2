"""Near misses: triggers whose reading stands within a share of its threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.decision import Decision
from bot.report.labels import Labels
from bot.review.why.gauge import gauges_of
from bot.review.why.next_triggers import market_limits, triggers
from bot.review.why.trigger import Trigger

RECORD = "small_caps"


@dataclass(frozen=True, slots=True)
class Nearness:
    """Limits of near misses.

    Attributes
    ----------
    near
        Share of its threshold within which a reading is near, by reading.
    other
        The share for other readings, of a strategy of the user's own; 0 for the rotation.
    gone_factor
        Multiple of that share from which a near miss is gone, so that a price at the limit is one near miss.
    """

    near: Mapping[str, float]
    other: float
    gone_factor: float

    def of(self, decision: Decision, labels: Labels) -> tuple[dict[str, Trigger], set[str]]:
        """Return the near misses of a decision by reading, and the readings whose near miss is gone.

        A reading between the two limits, and one whose value is unknown, leaves its near miss as it is.
        """
        gauges = gauges_of(decision.readings, labels)
        found = {one.reading: one for one in reversed(self._candidates(decision, labels))}
        near, gone = dict[str, Trigger](), set[str]()
        for name in dict.fromkeys([*self.near, *gauges]):  # an order of its own, for alerts of one day
            limit, trigger = self.near.get(name, self.other), found.get(name)
            if trigger is None:
                if name not in gauges or gauges[name].is_known:
                    gone.add(name)
            elif limit and trigger.share is not None:
                if abs(trigger.share) <= limit:
                    near[name] = trigger
                elif abs(trigger.share) > limit * self.gone_factor:
                    gone.add(name)
        return near, gone

    def _candidates(self, decision: Decision, labels: Labels) -> list[Trigger]:
        """Return the triggers of a stage, with a record only if it would arm, and the limits of credit and VIX."""
        found = [*triggers(decision.stage, decision.readings, labels), *market_limits(decision.readings, labels)]
        if decision.stage == "STABLE" and not _would_arm(decision.readings, labels):
            return [one for one in found if one.reading != RECORD]
        return found


def _would_arm(readings: Mapping[str, object], labels: Labels) -> bool:
    """Return True unless the sessions since the last record are known to be too few for a record to arm."""
    base = gauges_of(readings, labels).get("sessions_without_record")
    return base is None or not base.is_known or base.holds or base.threshold == 0
