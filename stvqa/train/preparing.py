"""A training before its first weight: data, reward, processor and prompts, each checked against the others.

ready = prepare(recipe, origin="runs/demo", tiny=Path("out/tiny"))
ready.data.train, ready.speaker.wording.frame, ready.book
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from stvqa.completion import BoxFrame
from stvqa.errors import InputError
from stvqa.rewards import Reward, find_reward
from stvqa.store.atomic import atomic_file, storage_errors
from stvqa.train.data import Example, TrainingData, load_training_data
from stvqa.train.lengths import within_length
from stvqa.train.loading import Speaker, load_speaker, template_of
from stvqa.train.recipe import TrainRecipe
from stvqa.train.scoring import ScoreBook
from stvqa.train.state import TRAIN_FILE
from stvqa.train.tiny import make_tiny
from stvqa.train.usable import with_usable_pictures
from stvqa.train.wording import Wording

__all__ = ["TINY", "Prepared", "prepare"]

TINY = "tiny"
_KEPT_COMPLETIONS = 16
_TINY_TEXTS = 4000
_MADE_OF = "made-of.json"
"""Beside the tiny model, written last: seed, texts, template and frame that it was made for."""


class Prepared(NamedTuple):
    """A training with everything but weights in hand.

    Attributes:
        model: path of the weights.
        book: scores completions; its places go through the rows of train, then those of val.
    """

    recipe: TrainRecipe
    reward: Reward
    data: TrainingData
    speaker: Speaker
    model: str
    book: ScoreBook


def prepare(recipe: TrainRecipe, *, origin: str, tiny: Path) -> Prepared:
    """Data, reward, processor and prompts, each checked; no weights are read.

    Args:
        tiny: where the tiny model is made, if the recipe asks for it and it is not there yet, or made of other things.

    Raises:
        InputError: the set, the model or the reward is not what it should be, or a training began with a tiny model
            that was made of other rows.
    """
    reward = find_reward(recipe.reward.name, similarity=recipe.reward.similarity, settings=dict(recipe.reward.settings))
    scored = recipe.method == "grpo" or recipe.target == "scene"
    needs_scene = reward.style == "scene" and scored
    data = load_training_data(origin, recipe.data, needs_scene=needs_scene, seed=recipe.seed)
    model = recipe.model
    if model == TINY:
        model = str(_tiny(tiny, data, recipe, reward.style))
    speaker = load_speaker(model, recipe, style=reward.style)
    data = with_usable_pictures(data, speaker)
    data = _usable(data, reward if scored else None, speaker)
    data = within_length(data, speaker, most=recipe.data.max_prompt_tokens)
    book = ScoreBook(reward, [*data.train, *data.val], speaker.wording, keep=_KEPT_COMPLETIONS)
    return Prepared(recipe, reward, data, speaker, model, book)


def _tiny(folder: Path, data: TrainingData, recipe: TrainRecipe, style: str) -> Path:
    """The tiny model for these rows; one that is there already is taken if it was made of the same."""
    # The frame of Qwen2.5-VL at the tiny processor's cap; only the numbers in the texts depend on it, not the words.
    wording = Wording(template_of(recipe, style), BoxFrame("resized-pixels"), style)
    texts = [text for item in data.train[:_TINY_TEXTS] for text in _texts(wording, item)]
    key = {
        "seed": recipe.seed,
        "template": wording.template,
        "frame": wording.frame.kind,
        "texts": hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:16],
    }
    path = folder / _MADE_OF
    with storage_errors(path):
        if path.is_file() and path.read_text(encoding="utf-8") == json.dumps(key):
            return folder
        if (folder.parent / TRAIN_FILE).is_file():
            raise InputError(
                f"the tiny model in {folder} was made of other rows or another prompt, and the training in "
                f"{folder.parent} began with it: give the same ones, or begin anew with another --out"
            )
        path.unlink(missing_ok=True)
    make_tiny(folder, texts, seed=recipe.seed)
    with atomic_file(path) as target:
        target.write(json.dumps(key).encode())
    return folder


def _texts(wording: Wording, item: Example) -> tuple[str, ...]:
    """Prompt and completion of a row; nothing where the frame refuses its picture, which is then left out."""
    try:
        return (wording.prompt(item), wording.completion(item))
    except InputError:
        return ()


def _usable(data: TrainingData, reward: Reward | None, speaker: Speaker) -> TrainingData:
    """Rows whose truth can be learned from; the others are counted.

    Args:
        reward: that has to have a use for the truth; None where only the answer is learned.
    """
    dropped = dict(data.dropped)
    faults: list[str] = []

    def kept(items: Sequence[Example]) -> list[Example]:
        found: list[Example] = []
        for item in items:
            fault = _fault_of(item, reward, speaker)
            if fault:
                faults.append(fault)
                key = f"{item.split}: truth-unusable"
                dropped[key] = dropped.get(key, 0) + 1
            else:
                found.append(item)
        return found

    train, val = kept(data.train), kept(data.val)
    if not train:
        who = f"reward {reward.name}" if reward else "a training on answers"
        raise InputError(f"{who} can use no row of {data.origin} ({faults[0]})")
    return data._replace(train=train, val=val, dropped=dict(sorted(dropped.items())))


def _fault_of(item: Example, reward: Reward | None, speaker: Speaker) -> str:
    """Why the truth of a row is of no use; "" where it is."""
    try:
        truth = speaker.wording.truth(item)
    except InputError as error:
        return str(error)
    if reward is None:
        return truth.answer_fault
    score = reward.score("", truth)
    return "" if score.total is not None else score.fault or "the reward gives no total"
