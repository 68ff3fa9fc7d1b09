"""The model's side before any weight is read: its config, its processor with the pixel cap, and its box frame.

    speaker = load_speaker("Qwen/Qwen2.5-VL-3B-Instruct", recipe)
    speaker.wording.prompt(example), speaker.tokens(example, picture).image

What cannot work is refused here: a model without eyes, a processor without a chat template, one that cuts image tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from PIL import Image
from transformers import AutoConfig, AutoProcessor, ProcessorMixin

from stvqa.completion import BoxFrame, frame_of_model
from stvqa.errors import InputError
from stvqa.train.data import Example
from stvqa.train.recipe import TrainRecipe
from stvqa.train.wording import Wording

__all__ = ["PromptTokens", "Speaker", "load_speaker", "template_of"]


class PromptTokens(NamedTuple):
    """Length of one prompt.

    Attributes:
        all: tokens of the whole prompt, image tokens included.
        image: placeholder tokens of the image in it.
        expected: image tokens that the image's patches will give; another number than `image` cannot be run.
        width / height: of the resized image, pixels.
    """

    all: int
    image: int
    expected: int
    width: int
    height: int


class Speaker(NamedTuple):
    """A model as far as it is known without its weights.

    Attributes:
        path: Hub id or folder.
        config: its config.json.
        processor: tokenizer and image processor, the pixel cap applied.
        wording: how rows are put to it.
    """

    path: str
    config: Mapping[str, Any]
    processor: Any
    wording: Wording

    @property
    def tokenizer(self) -> Any:  # noqa: ANN401 (tokenizers of transformers have no common type)
        """The processor's tokenizer."""
        return self.processor.tokenizer

    def messages(self, example: Example, picture: Image.Image) -> list[dict[str, Any]]:
        """The user's turn as transformers' chat templates take it."""
        content = [{"type": "image", "image": picture}, {"type": "text", "text": self.wording.prompt(example)}]
        return [{"role": "user", "content": content}]

    def tokens(self, example: Example, picture: Image.Image) -> PromptTokens:
        """How long the prompt of a row becomes."""
        encoded = self.processor.apply_chat_template(
            [self.messages(example, picture)], add_generation_prompt=True, tokenize=True, return_dict=True
        )
        ids = list(encoded["input_ids"][0])
        grid = [int(side) for side in encoded["image_grid_thw"][0]]
        images = self.processor.image_processor
        merged = grid[0] * grid[1] * grid[2] // images.merge_size**2
        side = images.patch_size
        return PromptTokens(len(ids), ids.count(self.processor.image_token_id), merged, grid[2] * side, grid[1] * side)


def load_speaker(path: str, recipe: TrainRecipe, *, style: str) -> Speaker:
    """Config, processor and wording of a model.

    Args:
        path: Hub id or folder of the model; `recipe.model` unless that is `tiny`.
        style: of the reward, `scene` or `sparse`.

    Raises:
        InputError: no such model, one that sees no images, or one whose box frame is not known.
    """
    config = _config(path)
    if not config.get("vision_config"):
        raise InputError(
            f"{path} is a model of type {config.get('model_type')!r}, which sees no images: name a "
            "vision-language model, such as Qwen/Qwen2.5-VL-3B-Instruct"
        )
    processor = _processor(path)
    images = processor.image_processor
    if recipe.min_pixels is not None:
        images.size["shortest_edge"] = recipe.min_pixels
    if recipe.max_pixels is not None:
        images.size["longest_edge"] = recipe.max_pixels
    kind = None if recipe.frame == "auto" else recipe.frame
    frame = frame_of_model(
        config, kind=kind, min_pixels=images.size["shortest_edge"], max_pixels=images.size["longest_edge"]
    )
    _agree(frame, images, path)
    return Speaker(path, config, processor, Wording(template_of(recipe, style), frame, style))


def template_of(recipe: TrainRecipe, style: str) -> str:
    """The prompt template; with `auto`, the one that asks for what the reward scores."""
    if recipe.prompt != "auto":
        return recipe.prompt
    return "train-sparse" if style == "sparse" else "train"


def _config(path: str) -> dict[str, Any]:
    try:
        config: dict[str, Any] = AutoConfig.from_pretrained(path).to_dict()
    except (OSError, ValueError, KeyError) as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(f"there is no model {path} to be read ({first}): give a Hub id or a model folder") from error
    return config


def _processor(path: str) -> Any:  # noqa: ANN401 (processors of transformers have no common type)
    try:
        processor = AutoProcessor.from_pretrained(path, padding_side="left", truncation_side="left")
    except (OSError, ValueError, KeyError) as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(f"the processor of {path} cannot be read ({first})") from error
    if not isinstance(processor, ProcessorMixin) or not hasattr(processor, "image_processor"):
        raise InputError(f"{path} comes without a processor of images: name a vision-language model")
    images = processor.image_processor
    if not all(hasattr(images, name) for name in ("patch_size", "merge_size")) or "longest_edge" not in images.size:
        raise InputError(
            f"the image processor of {path} ({type(images).__name__}) is of another family than Qwen-VL's: "
            "image tokens and boxes after its resize are not known here"
        )
    if not (processor.chat_template or processor.tokenizer.chat_template):
        raise InputError(f"{path} has no chat template: take the model's instruct version")
    return processor


def _agree(frame: BoxFrame, images: Any, path: str) -> None:  # noqa: ANN401 (as above)
    """The frame's resize is the processor's, or boxes would be off without an error."""
    factor = images.patch_size * images.merge_size
    if frame.factor != factor:
        raise InputError(
            f"{path} names patches of {frame.factor} pixels in its config and {factor} in its processor: "
            "one of the two files is of another model"
        )
