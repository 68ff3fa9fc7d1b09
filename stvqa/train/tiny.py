"""A Qwen2.5-VL of real architecture with 1.7 million parameters, made on the spot from a run's own text.

    make_tiny(Path("runs/demo/train/tiny"), texts, seed=7)
    AutoModelForImageTextToText.from_pretrained("runs/demo/train/tiny")    # as any other model folder

Four text layers of width 128, four vision layers of width 96, patches of 14 pixels merged two by two, and a
byte-level BPE of 900 tokens in which every whole number up to `NUMBERS` is one token, so that a coordinate is one
decision. Its weights are random: it answers nothing before it is trained, and is there for tests and for trying
everything without a download.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
)

from stvqa.completion.tags import BLOCKS
from stvqa.train.disk import full_disk_told

__all__ = ["CHAT_TEMPLATE", "NUMBERS", "SPECIAL_TOKENS", "make_tiny", "make_tokenizer"]

NUMBERS = 256
"""0 to 256 are one token each: the resized images are at most 224 pixels wide or high."""

VOCABULARY = 900
SIDE = 112
"""The pixel cap of the processor is the area of a square of this side; 16 image tokens."""

_LONGEST = 4096
"""Positions of a prompt with its completion."""

_INITIAL = 0.06
"""Standard deviation of the first weights: 0.02, made for widths in the thousands, leaves layers of width 128 all but
linear."""

_NUMBER_SCALES = ((0.4, 3.0), (0.3, 12.0), (0.3, 60.0))
"""Shares of a number's first embedding that are alike over so many neighbouring numbers; see `_line_up_numbers`."""

_PLACE = (1.2, 0.8, 0.5, 0.01, 0.003, 0.001)
_TURNS = ((1.0, 0.3, 0.1, 0.01), _PLACE, _PLACE)
"""Radians that each pair of numbers of a head turns by from one position to the next: along the text, down and across
the image. Half of those for places are quick, or a token would not feel where it lies in an image of four by four;
half hardly turn, or nothing could be looked up by what it is, wherever it stands. Those that one base gives are all
slow for places (10,000: boxes stayed at a mean IoU of 0.1 for 1,500 steps) or all quick (10)."""

SPECIAL_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)

GRAMMAR = (
    "user\n",
    "assistant\n",
    *(f"<{name}>" for name in BLOCKS),
    *(f"</{name}>" for name in BLOCKS),
    *(f"</{name}>\n<{following}>" for name, following in pairwise(BLOCKS)),
    '{"objects": [{"id": "',
    '{"objects": []',
    '", "bbox": [',
    '.1", "bbox": [',
    ", ",
    ']}, {"id": "',
    ']}], "relationships": [',
    ']}], "relationships": []}',
    '{"subject": "',
    '", "predicate": "',
    '", "object": "',
    '"}, {"subject": "',
    '"}]}',
)
"""Fixed strings of the answer's grammar, one token each: what is left to learn is what is seen. Completions become
half as long."""

_LEARNED_ELSEWHERE = re.compile(r"\d+|" + "|".join(re.escape(text) for text in GRAMMAR))

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif part['type'] == 'text' %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""The turns of Qwen's template, without its system prompt and tools."""


def make_tiny(folder: Path, texts: Iterable[str], *, seed: int) -> Path:
    """Writes model, tokenizer and processor as an ordinary folder of transformers.

    Args:
        folder: made anew; files of an earlier one are replaced.
        texts: what the vocabulary is learned from: prompts and completions of the run.
        seed: of the weights.

    Returns:
        The folder.

    Raises:
        StorageError: the folder cannot be written.
    """
    tokenizer = make_tokenizer(texts, size=VOCABULARY)
    processor = Qwen2_5_VLProcessor(
        image_processor=Qwen2VLImageProcessor(min_pixels=56 * 56, max_pixels=SIDE * SIDE),
        tokenizer=tokenizer,
        video_processor=Qwen2VLVideoProcessor(),
        chat_template=CHAT_TEMPLATE,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Qwen2_5_VLForConditionalGeneration(_config(tokenizer))
        _line_up_numbers(model, tokenizer)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    with full_disk_told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        model.save_pretrained(folder)
        processor.save_pretrained(folder)
    return folder


def _line_up_numbers(model: Qwen2_5_VLForConditionalGeneration, tokenizer: PreTrainedTokenizerFast) -> None:
    """Gives numbers first embeddings that are the more alike the nearer they lie, drawn from a Gaussian process.

    What is learned of 57 is then half learned of 56 and 58, and larger can be told from smaller before any is learned:
    a large model brings both along.
    """
    numbers = torch.arange(NUMBERS + 1, dtype=torch.float64)
    apart = numbers[:, None] - numbers[None, :]
    alike = sum(share * torch.exp(-((apart / scale) ** 2) / 2) for share, scale in _NUMBER_SCALES)
    root = torch.linalg.cholesky(alike + 1e-4 * torch.eye(NUMBERS + 1, dtype=torch.float64))
    embeddings = model.get_input_embeddings().weight
    drawn = root @ torch.randn(NUMBERS + 1, embeddings.shape[1], dtype=torch.float64) * _INITIAL
    places = tokenizer.convert_tokens_to_ids([str(number) for number in range(NUMBERS + 1)])
    with torch.no_grad():
        embeddings[places] = drawn.to(embeddings.dtype)


def make_tokenizer(texts: Iterable[str], *, size: int, numbers: int = NUMBERS) -> PreTrainedTokenizerFast:
    """A byte-level BPE with the special tokens of Qwen2.5-VL, learned from the texts.

    Args:
        texts: what merges are learned from; digits in them are left out, since numbers are whole tokens anyway.
        size: of the vocabulary, special tokens included, reached if the texts allow it.
        numbers: the largest whole number that is one token.
    """
    splitting = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\d+"), behavior="isolated"),
            # Cut at words: a name is the same token wherever it stands, so that what is learned of it holds everywhere.
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = splitting
    trainer = trainers.BpeTrainer(
        vocab_size=max(256, size - len(SPECIAL_TOKENS) - len(GRAMMAR) - (numbers + 1 - 10)),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    pieces = (piece for text in texts for piece in _LEARNED_ELSEWHERE.split(text) if piece)
    learner.train_from_iterator(pieces, trainer=trainer)
    learned: dict[str, Any] = _model_of(learner)
    vocabulary: dict[str, int] = dict(learned["vocab"])
    merges = [(str(left), str(right)) for left, right in learned["merges"]]
    for number in range(10, numbers + 1):
        text = str(number)
        merges.append((text[:-1], text[-1]))
        vocabulary.setdefault(text, len(vocabulary))
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = splitting
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in GRAMMAR])
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in SPECIAL_TOKENS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",  # noqa: S106 (a token of text)
        pad_token="<|endoftext|>",  # noqa: S106 (same)
        additional_special_tokens=list(SPECIAL_TOKENS),
        clean_up_tokenization_spaces=False,
        model_max_length=_LONGEST,
        padding_side="left",
    )


def _model_of(tokenizer: Tokenizer) -> dict[str, Any]:
    model: dict[str, Any] = json.loads(tokenizer.to_str())["model"]
    return model


def _config(tokenizer: PreTrainedTokenizerFast) -> Qwen2_5_VLConfig:
    token = tokenizer.convert_tokens_to_ids
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": 128,
        "intermediate_size": 384,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": _LONGEST,
        "rope_parameters": _rope(),
        "bos_token_id": None,
        "eos_token_id": token("<|im_end|>"),
        "pad_token_id": token("<|endoftext|>"),
        "tie_word_embeddings": True,
        "initializer_range": _INITIAL,
    }
    vision = {
        "depth": 4,
        "hidden_size": 96,
        "intermediate_size": 288,
        "num_heads": 4,
        "out_hidden_size": 128,
        "patch_size": 14,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "window_size": SIDE,
        "fullatt_block_indexes": [1, 3],
        "initializer_range": _INITIAL,
    }
    return Qwen2_5_VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=token("<|image_pad|>"),
        video_token_id=token("<|video_pad|>"),
        vision_start_token_id=token("<|vision_start|>"),
        vision_end_token_id=token("<|vision_end|>"),
        tie_word_embeddings=True,
        initializer_range=_INITIAL,
    )


def _rope() -> dict[str, Any]:
    """`_TURNS` as rotary parameters: LongRoPE is the type that takes a factor for each pair of numbers."""
    turns = [turn for section in _TURNS for turn in section]
    base = 10.0
    factors = [base ** (-place / len(turns)) / turn for place, turn in enumerate(turns)]
    return {
        "rope_type": "longrope",
        "rope_theta": base,
        "short_factor": factors,
        "long_factor": factors,
        "original_max_position_embeddings": _LONGEST,
        "factor": 1.0,
        "attention_factor": 1.0,
        "mrope_section": [len(section) for section in _TURNS],
    }
