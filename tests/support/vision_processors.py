"""Configs and processors of Qwen2.5-VL-3B and Qwen3-VL-4B with their published values, made here: no weights, no download.

The tokenizer is our own with Qwen's special tokens; image processors, resize bounds, patches and chat turns are real, so
image tokens are counted as for the published models.
"""

from __future__ import annotations

from pathlib import Path

TEXTS = (
    "Look at the image and answer the question about it. Work in four steps and give each in its own tags.",
    "Is the cup to the left or to the right of the table in the image?\n(A) To the left\n(B) To the right",
)


def _tokenizer():
    from stvqa.train.tiny import make_tokenizer

    tokenizer = make_tokenizer(TEXTS, size=1400, numbers=1000)
    tokenizer.model_max_length = 131072
    return tokenizer


def qwen25_vl(folder: Path) -> Path:
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLProcessor, Qwen2VLImageProcessor, Qwen2VLVideoProcessor

    from stvqa.train.tiny import CHAT_TEMPLATE

    text = {
        "vocab_size": 151936,
        "hidden_size": 2048,
        "intermediate_size": 11008,
        "num_hidden_layers": 36,
        "num_attention_heads": 16,
        "num_key_value_heads": 2,
        "max_position_embeddings": 128000,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1_000_000.0, "mrope_section": [16, 24, 24]},
    }
    vision = {"depth": 32, "hidden_size": 1280, "out_hidden_size": 2048, "intermediate_size": 3420, "num_heads": 16}
    Qwen2_5_VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=True).save_pretrained(folder)
    Qwen2_5_VLProcessor(
        image_processor=Qwen2VLImageProcessor(min_pixels=3136, max_pixels=12845056),
        tokenizer=_tokenizer(),
        video_processor=Qwen2VLVideoProcessor(),
        chat_template=CHAT_TEMPLATE,
    ).save_pretrained(folder)
    return folder


def qwen3_vl(folder: Path) -> Path:
    from transformers import Qwen2VLImageProcessor, Qwen3VLConfig, Qwen3VLProcessor, Qwen3VLVideoProcessor

    from stvqa.train.tiny import CHAT_TEMPLATE

    text = {
        "vocab_size": 151936,
        "hidden_size": 2560,
        "intermediate_size": 9728,
        "num_hidden_layers": 36,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "max_position_embeddings": 262144,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 5_000_000.0,
            "mrope_section": [24, 20, 20],
            "mrope_interleaved": True,
        },
    }
    vision = {"depth": 24, "hidden_size": 1024, "out_hidden_size": 2560, "intermediate_size": 4096, "num_heads": 16}
    vision["deepstack_visual_indexes"] = [5, 11, 17]
    Qwen3VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=True).save_pretrained(folder)
    images = Qwen2VLImageProcessor(
        patch_size=16,
        merge_size=2,
        size={"shortest_edge": 65536, "longest_edge": 16777216},
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.5, 0.5, 0.5],
    )
    Qwen3VLProcessor(
        image_processor=images,
        tokenizer=_tokenizer(),
        video_processor=Qwen3VLVideoProcessor(),
        chat_template=CHAT_TEMPLATE,
    ).save_pretrained(folder)
    return folder
