"""Which questions make a good set: quotas by category and level, and a choice that evens out shortcuts."""

from stvqa.planning.choose import CANDIDATE_COLUMNS, Candidate, choose
from stvqa.planning.quotas import DEFAULT_SHARES, LEVEL_SHARES, LevelShares, Quotas, Shares, cell_targets, quota_table

__all__ = [
    "CANDIDATE_COLUMNS",
    "DEFAULT_SHARES",
    "LEVEL_SHARES",
    "Candidate",
    "LevelShares",
    "Quotas",
    "Shares",
    "cell_targets",
    "choose",
    "quota_table",
]
