"""The recipe: a name, a seed, and the stages in their order.

Recipe(name="tiny", seed=7, stages=(Load(source="demo", n=20), Prune(), ...))
"""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any, Self

from pydantic import Field, SerializeAsAny, field_validator, model_validator

from stvqa.records import Record
from stvqa.sources.places import PicturePlaces
from stvqa.stages.contract import SourceStage, Stage

__all__ = ["Recipe"]


class Recipe(Record):
    """What a run does. Any `Stage` may stand in a recipe built in Python; YAML knows the closed table.

    Attributes:
        name: what the run is called where no folder is given.
        seed: the one root of all randomness.
        stages: in order; the first is a `SourceStage`, each name stands once, and each stage reads
            what the one before it writes.
    """

    name: str = Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    seed: int = 0
    stages: tuple[SerializeAsAny[Stage], ...] = Field(min_length=1)

    @field_validator("stages")
    @classmethod
    def _agreed_values_told_once(cls, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
        """What one stage is told holds for those that must agree with it and are told nothing."""
        usual: dict[str, Any] = {}
        told: dict[str, Any] = {}
        for stage in stages:
            values = {name: value for name in stage.agreed if (value := getattr(stage, name)) is not None}
            usual |= values
            told |= {name: value for name, value in values.items() if name in stage.model_fields_set}
        return tuple(_filled(stage, usual=usual, told=told) for stage in stages)

    @model_validator(mode="after")
    def _stages_fit_together(self) -> Self:
        names = [stage.name for stage in self.stages]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"stage {twice[0]} stands more than once: keep one of them")
        if not isinstance(self.stages[0], SourceStage):
            raise ValueError(f"the first stage reads a source (load), and {names[0]} does not")
        for before, after in pairwise(self.stages):
            if isinstance(after, SourceStage):
                raise ValueError(f"stage {after.name} reads a source, so it can only be the first")
            if after.reads is not None and after.reads is not before.writes:
                raise ValueError(
                    f"stage {after.name} reads {after.reads.__name__} records, "
                    f"but {before.name} before it writes {before.writes.__name__}"
                )
        self._parameters_agree()
        return self

    def _parameters_agree(self) -> None:
        """What `plan` plans and `select` selects is one thing told twice; told differently, neither holds."""
        for one, other in combinations(self.stages, 2):
            for name in sorted(one.agreed & other.agreed):
                first, second = getattr(one, name), getattr(other, name)
                if first != second:
                    raise ValueError(
                        f"{one.name}.{name} is {first} and {other.name}.{name} is {second}: give both the same, "
                        f"with --set {one.name}.{name}=... --set {other.name}.{name}=... or in the recipe"
                    )

    def places(self) -> PicturePlaces | None:
        """Where the pictures of its source lie; None where the source does not say."""
        source = self.stages[0]
        return source.places() if isinstance(source, SourceStage) else None

    def resolved(self) -> dict[str, Any]:
        """The recipe as JSON values in the shape of its YAML, every default written out."""
        stages = [{"stage": stage.name, **stage.model_dump(mode="json")} for stage in self.stages]
        return {"name": self.name, "seed": self.seed, "stages": stages}


def _filled(stage: Stage, *, usual: dict[str, Any], told: dict[str, Any]) -> Stage:
    """The stage with what others were told, where it was told nothing, and with their defaults where it has None."""
    values = {name: told[name] for name in stage.agreed & set(told) - stage.model_fields_set}
    values |= {name: (usual | told)[name] for name in stage.agreed & set(usual) if getattr(stage, name) is None}
    return stage.model_copy(update=values) if values else stage
