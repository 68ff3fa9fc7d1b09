"""Which questions could be asked of a scene: one proposer a category.

for proposal in PROPOSERS["size"](field): ...
"""

from collections.abc import Callable, Iterator

from stvqa.programs.proposals.facts import propose_counts, propose_existences, propose_reaches
from stvqa.programs.proposals.field import Field, Proposal
from stvqa.programs.proposals.place import GRIDS, propose_locations, propose_orientations
from stvqa.programs.proposals.ranking import propose_depths, propose_distances, propose_sizes
from stvqa.programs.proposals.relation import propose_relations
from stvqa.records import Category

__all__ = ["GRIDS", "PROPOSERS", "Field", "Proposal"]

PROPOSERS: dict[Category, Callable[[Field], Iterator[Proposal]]] = {
    "relation": propose_relations,
    "reach": propose_reaches,
    "size": propose_sizes,
    "orientation": propose_orientations,
    "instance_location": propose_locations,
    "depth": propose_depths,
    "distance": propose_distances,
    "count": propose_counts,
    "existence": propose_existences,
}
