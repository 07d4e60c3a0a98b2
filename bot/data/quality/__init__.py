"""What of the market data cannot be believed, and from which moment that could be known."""

from bot.data.quality.inspection import inspect
from bot.data.quality.row_faults import RowFault, row_faults, screened
from bot.data.quality.thresholds import QualityRules
from bot.data.quality.verdict import Standing, Verdict, summary, verdicts, verdicts_of, with_quality_flags

__all__ = [
    "QualityRules",
    "RowFault",
    "Standing",
    "Verdict",
    "inspect",
    "row_faults",
    "screened",
    "summary",
    "verdicts",
    "verdicts_of",
    "with_quality_flags",
]
