"""The token counter of the benchmark, and what a written question costs by it."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest
from fake_calls import FakeCalls
from prospects import demo_scenes, planned_parts, prospects_of
from teacher_brain import teacher

from stvqa.stages.contract import StageContext
from stvqa.stages.generate import GenerateByModel


@pytest.fixture(scope="module")
def tokens():
    folder = str(Path(__file__).parents[2] / "benchmarks")
    sys.path.insert(0, folder)
    yield import_module("tokens")
    sys.path.remove(folder)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("The cup", 2),
        ("The cup, the dog", 5),
        ("man.1: 120 45", 8),
        ("1234567", 3),
        ("camera_distance", 2),
        ("counterclockwise", 3),
        ("a\n\nb", 3),
    ],
)
def test_text(tokens, text, count):
    assert tokens.text_tokens(text) == count


def test_images(tokens):
    assert tokens.image_tokens("gpt-4.1-mini", 384, 384) == 233
    assert tokens.image_tokens("gpt-4o", 512, 512) == 255
    assert tokens.image_tokens("gpt-4o", 640, 480) == 425


def test_a_row_costs_less_than_five_hundred_tokens_of_the_teachers_text(tokens, tmp_path):
    parts = planned_parts(tmp_path, prospects_of(*demo_scenes(60)), n=100)
    calls = FakeCalls(teacher({"wrong-answer": 0.05}))
    stage = GenerateByModel(teacher="m", n=100)
    questions = [item for batch in stage.run(parts, StageContext(seed=7, calls=calls)) for item in batch]
    sent = sum(tokens.text_tokens(message.text) for request in calls.requests for message in request.messages)
    assert len(questions) >= 115
    assert sent / 100 < 500
