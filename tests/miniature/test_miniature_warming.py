"""What is told in the warm start, in which order, and the optimizer that learns it."""

from __future__ import annotations

import pytest
import torch

from stvqa.completion import BoxFrame, parse
from stvqa.train.wording import GLANCE, Wording

pytest.importorskip("trl")


@pytest.fixture(scope="module")
def warm(small_sets):
    from miniature.rows import load_set

    return load_set(small_sets / "warm", cache=small_sets / "cache")


def test_first_it_is_asked_what_is_in_the_image_then_the_questions(small, warm):
    from miniature.warming import WHAT, lessons

    batch = small.warm_start.sft["per_device_train_batch_size"]
    asked = small.warm_start.seeing_steps * batch
    told = lessons(warm, small)
    assert len(told) == small.warm_start.steps * batch
    assert {item.question for item in told[:asked]} == {WHAT}
    assert {item.image_id for item in told[:asked]} == {item.image_id for item in warm.data.train}
    assert all(parse(item.gold).scene == warm.whole[item.image_id] for item in told[:asked])
    # Once round, every question has been put; a share of them with the whole scene.
    right, rest = {item.row_id: parse(item.gold) for item in warm.data.train}, told[asked:]
    assert sorted(item.row_id for item in rest[: len(right)]) == sorted(right)
    assert 0 < sum(parse(item.gold).scene != right[item.row_id].scene for item in rest[: len(right)]) < len(right)
    assert all(parse(item.gold).answer == right[item.row_id].answer for item in rest)


def test_the_last_questions_are_told_in_all_manners_and_all_are_right(small, warm):
    from miniature.warming import WHAT, Lesson, Telling, lessons

    wording = Telling("question", BoxFrame("resized-pixels"), "scene")
    usual = Wording(*wording)
    mixed = small.warm_start.mixed_steps * small.warm_start.sft["per_device_train_batch_size"]
    told = lessons(warm, small)
    assert not any(isinstance(item, Lesson) for item in told[:-mixed])
    assert all(wording.completion(item) == usual.completion(item) for item in told[:-mixed] if item.question != WHAT)
    found: dict[str, int] = {"thinking": 0, "unthinking": 0, "sceneless": 0}
    for item in told[-mixed:]:
        said, whole = parse(wording.completion(item)), parse(usual.completion(item))
        found[item.manner] += 1
        assert said.answer == whole.answer
        drawn = item.manner != "sceneless"
        assert (said.observe, said.scene) == ((whole.observe, whole.scene) if drawn else (None, None))
        assert said.think == (whole.think if item.manner == "thinking" else GLANCE)
    assert sum(found.values()) == mixed
    with pytest.raises(AttributeError):
        wording.completion(told[-1]._replace(gold=told[-1].gold))  # no copy is told in another manner without a word
    for manner, share in small.warm_start.manners.items():
        assert abs(found[manner] - share * mixed) < 4 * (share * (1 - share) * mixed) ** 0.5


def test_the_order_comes_from_the_seed_and_batches_hold_rows_of_like_length(small, warm):
    from miniature.warming import lessons

    batch = small.warm_start.sft["per_device_train_batch_size"]
    first, second = ([item.row_id for item in lessons(warm, small)] for _ in range(2))
    assert first == second
    other = small.model_copy(update={"seed": small.seed + 1})
    assert first != [item.row_id for item in lessons(warm, other)]
    told = lessons(warm, small)[: batch * 3]
    spans = [[len(item.gold) for item in told[start : start + batch]] for start in range(0, len(told), batch)]
    everything = [length for span in spans for length in span]
    assert max(max(span) - min(span) for span in spans) < max(everything) - min(everything)


def test_what_is_in_the_image_is_answered_by_the_scene_alone(warm):
    from miniature.warming import WHAT, Telling

    wording = Telling("question", BoxFrame("resized-pixels"), "scene")
    example = warm.data.train[0]
    assert parse(wording.completion(example)).answer is not None
    told = wording.completion(example._replace(question=WHAT))
    assert told.endswith("</scene>")
    assert parse(told).answer is None


def _model_and_optimizer():
    from miniature.muon import MuonWithAdamW

    torch.manual_seed(3)
    model = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.LayerNorm(8), torch.nn.Linear(8, 4))
    model.add_module("embed", torch.nn.Embedding(5, 4))
    return model, MuonWithAdamW(model, hidden_rate=0.02, rate=1e-2, beta2=0.98, weight_decay=0.01)


def _step(model, optimizer):
    torch.manual_seed(4)
    loss = (model[2](model[1](model[0](torch.randn(3, 6)))) - model.embed.weight[:3]).square().mean()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


def test_matrices_of_hidden_layers_go_by_muon_and_the_rest_by_adamw():
    model, optimizer = _model_and_optimizer()
    muon, adamw = optimizer.parts
    assert [tuple(item.shape) for item in muon.param_groups[0]["params"]] == [(8, 6), (4, 8)]
    assert [tuple(item.shape) for item in adamw.param_groups[0]["params"]] == [(5, 4)]
    assert all(item.ndim == 1 for item in adamw.param_groups[1]["params"])
    assert adamw.param_groups[1]["weight_decay"] == 0
    losses = [_step(model, optimizer) for _ in range(30)]
    assert losses[-1] < losses[0] / 2


def test_a_schedule_reaches_both_and_a_checkpoint_goes_on_as_if_nothing_had_happened():
    model, optimizer = _model_and_optimizer()
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 / (1 + step))
    for _ in range(3):
        _step(model, optimizer)
        schedule.step()
    assert [group["lr"] for part in optimizer.parts for group in part.param_groups] == [0.005, 0.0025, 0.0025]
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    saved = optimizer.state_dict()
    saved = torch.utils._pytree.tree_map(lambda item: item.clone() if isinstance(item, torch.Tensor) else item, saved)
    _step(model, optimizer)
    again, fresh = _model_and_optimizer()
    again.load_state_dict(weights)
    fresh.load_state_dict(saved)
    _step(again, fresh)
    for name, value in model.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
