"""Names and predicates of scene graphs: what people call things, what they are, what a relation claims.

    clean_name("Traffic-Lights_2")         # "traffic lights"
    concept("guys")                        # "man"
    confusable("mug", "cup")               # True
    canonical_predicate("is sitting on a") # "sitting on"

The tables are text files beside the modules; they are read on first use. All functions are pure and cached.
"""

from stvqa.vocabulary.inflection import is_plural, plural, singular
from stvqa.vocabulary.names import LONGEST_NAME, clean_name
from stvqa.vocabulary.predicates import (
    PredicateKind,
    canonical_predicate,
    excludes,
    inverse,
    needs_contact,
    predicate_kind,
    predicate_phrase,
)
from stvqa.vocabulary.taxonomy import ancestors, concept, confusable, may_be_called, similarity
from stvqa.vocabulary.traits import Salience, Traits, indefinite, salience, traits

__all__ = [
    "LONGEST_NAME",
    "PredicateKind",
    "Salience",
    "Traits",
    "ancestors",
    "canonical_predicate",
    "clean_name",
    "concept",
    "confusable",
    "excludes",
    "indefinite",
    "inverse",
    "is_plural",
    "may_be_called",
    "needs_contact",
    "plural",
    "predicate_kind",
    "predicate_phrase",
    "salience",
    "similarity",
    "singular",
    "traits",
]
