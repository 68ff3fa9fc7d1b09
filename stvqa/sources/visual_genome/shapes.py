"""The shapes of v1.0, v1.2 and v1.4, read into one.

    v1.0  {"id": 15927, "predicate": "on", "subject": {"id": 38205, "name": "shade", "x": 119, ...}, ...}
    v1.2  {"relationship_id": 15927, "predicate": "ON", "subject": {"object_id": 5045, "name": "shade", ...}, ...}
    v1.4  as v1.2, but merged ends have `names` (a list) and `merged_object_ids`

Each file's element is parsed once, by pydantic, from its bytes. An element with a broken part is read again
part by part, so that only the part is lost.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from stvqa.sources.assembly import Findings
from stvqa.sources.assembly.salvage import Parts, salvage

__all__ = ["Link", "Place", "Relation", "ScenePlaces", "read_places", "read_relations", "read_scene"]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, validate_by_name=True, validate_by_alias=True)


class Place(_Shape):
    """An object, an attributed object, or an end of a relationship: an id, names and a box (pixels)."""

    object_id: int = Field(validation_alias=AliasChoices("object_id", "id"))
    x: float
    y: float
    w: float
    h: float
    names: tuple[str, ...] | None = Field(default=None, validation_alias=AliasChoices("names", "object_names"))
    name: str | None = None
    attributes: tuple[str, ...] | None = None
    merged_object_ids: tuple[int, ...] | None = None
    synsets: Any = None
    """Not used, so that a broken one harms nothing; only counted where it is an empty list."""

    @property
    def all_names(self) -> tuple[str, ...]:
        """Names from whichever key has them."""
        if self.names:
            return self.names
        return () if self.name is None else (self.name,)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x, y, width, height."""
        return self.x, self.y, self.w, self.h


class Relation(_Shape):
    """A relationship of relationships.json, ends spelled out."""

    relationship_id: int = Field(validation_alias=AliasChoices("relationship_id", "id"))
    predicate: str
    subject: Place
    object: Place


class Link(_Shape):
    """A relationship of scene_graphs.json, ends by id."""

    relationship_id: int = Field(validation_alias=AliasChoices("relationship_id", "id"))
    predicate: str
    subject_id: int
    object_id: int


class ScenePlaces(NamedTuple):
    """An element of scene_graphs.json."""

    objects: tuple[Place, ...]
    links: tuple[Link, ...]


class _Objects(_Shape):
    objects: tuple[Place, ...]


class _Attributes(_Shape):
    attributes: tuple[Place, ...]


class _Relationships(_Shape):
    relationships: tuple[Relation, ...]


class _SceneGraph(_Shape):
    objects: tuple[Place, ...]
    relationships: tuple[Link, ...] = ()


_OBJECTS = Parts("objects", "object-malformed")
_ATTRIBUTES = Parts("attributes", "attributes-malformed")
_RELATIONSHIPS = Parts("relationships", "relationship-malformed")

Part = TypeVar("Part", bound=_Shape)


def read_places(data: bytes, *, attributes: bool, findings: Findings) -> tuple[Place, ...]:
    """Objects of an element of objects.json, or of attributes.json.

    Raises:
        ValueError: the element is not valid JSON, or no dict with such a list.
    """
    try:
        if attributes:
            return _Attributes.model_validate_json(data).attributes
        return _Objects.model_validate_json(data).objects
    except ValidationError:
        parts = _ATTRIBUTES if attributes else _OBJECTS
        return _salvage(_parse(data), parts, model=Place, findings=findings)


def read_relations(data: bytes, *, findings: Findings) -> tuple[Relation, ...]:
    """Relationships of an element of relationships.json.

    Raises:
        ValueError: as `read_places`.
    """
    try:
        return _Relationships.model_validate_json(data).relationships
    except ValidationError:
        return _salvage(_parse(data), _RELATIONSHIPS, model=Relation, findings=findings)


def read_scene(data: bytes, *, findings: Findings) -> ScenePlaces:
    """An element of scene_graphs.json.

    Raises:
        ValueError: as `read_places`.
    """
    try:
        scene = _SceneGraph.model_validate_json(data)
    except ValidationError:
        element = _parse(data)
        element.setdefault("relationships", [])
        return ScenePlaces(
            _salvage(element, _OBJECTS, model=Place, findings=findings),
            _salvage(element, _RELATIONSHIPS, model=Link, findings=findings),
        )
    return ScenePlaces(scene.objects, scene.relationships)


def _parse(data: bytes) -> dict[str, Any]:
    element = from_json(data)
    if not isinstance(element, dict):
        raise ValueError(f"a {type(element).__name__} where a dict was expected")
    return element


def _salvage(element: dict[str, Any], parts: Parts, *, model: type[Part], findings: Findings) -> tuple[Part, ...]:
    """The parts of one member that fit; each other one is refused."""
    entries = element.get(parts.member)
    if not isinstance(entries, list):
        raise ValueError(f"{parts.member} is missing or no list")
    return tuple(salvage(enumerate(entries), parts, model=model, findings=findings).values())
