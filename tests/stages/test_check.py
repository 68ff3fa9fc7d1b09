from __future__ import annotations

import pytest
from PIL import Image
from questions import question
from scenes import scene

from stvqa.records import ImageReference, Question, Rejection
from stvqa.stages.check import Check
from stvqa.stages.contract import StageContext


def run(*questions, **parameters):
    return list(Check(**parameters).run(iter(questions), StageContext(seed=1)))


def with_file(path):
    graph = scene({"cup.1": (100, 500, 150, 550), "table.1": (400, 450, 600, 600)}, width=1000, height=1000)
    picture = ImageReference(kind="file", location=str(path))
    return question(focus=graph.model_copy(update={"image": picture}))


def test_a_sound_question_passes_unchanged_but_for_the_hash(tmp_path):
    picture = Image.linear_gradient("L").resize((1000, 1000)).convert("RGB")
    picture.save(tmp_path / "1.png")
    [passed] = run(with_file(tmp_path / "1.png"))
    assert isinstance(passed, Question)
    assert len(passed.image_hash) == 16
    assert passed.model_copy(update={"image_hash": ""}) == with_file(tmp_path / "1.png")


def test_placeholders_have_no_hash():
    [passed] = run(question())
    assert passed.image_hash == ""


def test_a_faulty_question_is_kept_with_reason_and_payload():
    [refused] = run(question(answer=1))
    assert isinstance(refused, Rejection)
    assert refused.reason == "distractor-not-refuted"
    assert "too" in refused.detail or "true" in refused.detail
    assert '"options"' in refused.payload


def test_the_same_question_twice_of_an_image_is_refused_whatever_the_order_of_options():
    again = question(question_id="test:1/relation/2", options=("To the left", "To the right"))
    passed, refused = run(question(), again)
    assert isinstance(passed, Question)
    assert refused.reason == "repeats-question"
    other_image = question(image_id="test:9")
    assert all(isinstance(item, Question) for item in run(question(), other_image))


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0 not a picture"])
def test_an_unreadable_image_refuses_its_questions(tmp_path, content):
    path = tmp_path / "1.jpg"
    path.write_bytes(content)
    [refused] = run(with_file(path))
    assert refused.reason == "image-unreadable"


def test_a_truncated_image_is_unreadable(tmp_path):
    path = tmp_path / "1.jpg"
    Image.effect_noise((1000, 1000), 80).convert("RGB").save(path)
    path.write_bytes(path.read_bytes()[:20_000])
    [refused] = run(with_file(path))
    assert refused.reason == "image-unreadable"
    [passed] = run(with_file(path), images=False)
    assert isinstance(passed, Question)
