"""Quality checks: faults of price series, and the UTC time from which each fault could be known."""

from bot.data.quality.calendar_faults import closure_proposal, proposed_closures
from bot.data.quality.inspection import inspect
from bot.data.quality.row_faults import RowFault, drop_faulty_rows, find_row_faults
from bot.data.quality.thresholds import QualityRules
from bot.data.quality.verdict import Standing, Verdict, assess, read_verdicts, summarize, with_quality_flags

__all__ = [
    "QualityRules",
    "RowFault",
    "Standing",
    "Verdict",
    "assess",
    "closure_proposal",
    "drop_faulty_rows",
    "find_row_faults",
    "inspect",
    "proposed_closures",
    "read_verdicts",
    "summarize",
    "with_quality_flags",
]
