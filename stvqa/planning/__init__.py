"""Which questions make a good set: quotas by category and level, and a choice that evens out shortcuts."""

from stvqa.planning.choose import CANDIDATE_COLUMNS, Candidate, choose, enough_images
from stvqa.planning.demand import Demand, Group, Planned
from stvqa.planning.quotas import (
    DEFAULT_SHARES,
    LEVEL_SHARES,
    Cell,
    LevelShares,
    Quotas,
    Shares,
    cell_targets,
    normalised,
    quota_table,
)

__all__ = [
    "CANDIDATE_COLUMNS",
    "DEFAULT_SHARES",
    "LEVEL_SHARES",
    "Candidate",
    "Cell",
    "Demand",
    "Group",
    "LevelShares",
    "Planned",
    "Quotas",
    "Shares",
    "cell_targets",
    "choose",
    "enough_images",
    "normalised",
    "quota_table",
]
