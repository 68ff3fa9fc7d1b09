"""A sound question for tests, and prospects of every form."""

from __future__ import annotations

from scenes import scene

from stvqa.records import Direction, Margins, Program, Question


def question(**changes):
    """The cup is to the left of the table; 300 pixels, so clearly."""
    graph = changes.pop("focus", None) or scene({"cup.1": (100, 500, 150, 550), "table.1": (400, 450, 600, 600)})
    claims = tuple(Direction(subject="cup.1", direction=way, object="table.1") for way in ("left", "right"))
    whole = {
        "question_id": "test:1/relation/1",
        "image_id": graph.image_id,
        "category": "relation",
        "form": "axis",
        "level": "easy",
        "rating": 8,
        "difficulty": 0.2,
        "evidence": "geometric",
        "margins": Margins(),
        "margin": 5.0,
        "option_count": 2,
        "text": "Is the cup to the left or to the right of the table in the image?",
        "options": ("To the left", "To the right"),
        "answer": 0,
        "program": Program(claims=claims),
        "focus": graph,
        "teacher": "rules",
    }
    return Question(**{**whole, **changes})
