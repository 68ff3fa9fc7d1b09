"""Which questions make a good set: quotas by category and level, and a choice that evens out shortcuts."""

from stvqa.planning.choose import CANDIDATE_COLUMNS, Candidate, choose, enough_images
from stvqa.planning.demand import Demand, Group, Planned
from stvqa.planning.quotas import DEFAULT_SHARES, LEVEL_SHARES, LevelShares, Quotas, Shares, cell_targets, quota_table

__all__ = [
    "CANDIDATE_COLUMNS",
    "DEFAULT_SHARES",
    "LEVEL_SHARES",
    "Candidate",
    "Demand",
    "Group",
    "LevelShares",
    "Planned",
    "Quotas",
    "Shares",
    "cell_targets",
    "choose",
    "enough_images",
    "quota_table",
]
