from __future__ import annotations

import pytest
import torch

from stvqa.train.tiny import NUMBERS, make_tokenizer


def test_it_is_a_real_model_of_one_to_three_million_parameters(tiny):
    from transformers import AutoModelForImageTextToText, AutoProcessor

    model = AutoModelForImageTextToText.from_pretrained(tiny)
    processor = AutoProcessor.from_pretrained(tiny)
    assert type(model).__name__ == "Qwen2_5_VLForConditionalGeneration"
    assert type(processor).__name__ == "Qwen2_5_VLProcessor"
    assert 1_000_000 < sum(parameter.numel() for parameter in model.parameters()) < 3_000_000
    assert len(processor.tokenizer) == model.config.get_text_config().vocab_size


def test_whole_numbers_are_one_token_each(tiny):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny)
    for number in (0, 7, 10, 99, 112, NUMBERS):
        assert len(tokenizer(str(number))["input_ids"]) == 1
    assert len(tokenizer(str(NUMBERS + 1))["input_ids"]) == 2


@pytest.mark.parametrize(
    "text",
    [
        '<scene>{"objects": [{"id": "cup.1", "bbox": [10, 20, 260, 9999]}], "relationships": []}</scene>',
        "Żółw and 文字, 3.14 of 200; <answer>(B) To the left</answer>\n",
        '{"objects": []}',
    ],
)
def test_any_text_survives_the_tokenizer(tiny, text):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny)
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_the_same_texts_give_the_same_vocabulary():
    texts = ["Is the cup left of the table?", "<answer>(A) Yes</answer>"]
    first, second = (make_tokenizer(texts, size=900).get_vocab() for _ in range(2))
    assert first == second


def test_the_seed_decides_the_weights_and_leaves_the_worlds_randomness_alone(tmp_path):
    from transformers import AutoModelForImageTextToText

    from stvqa.train import make_tiny

    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    folders = [make_tiny(tmp_path / name, ["a cup"], seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))]
    assert torch.equal(torch.rand(1), expected)
    weights = [
        AutoModelForImageTextToText.from_pretrained(folder).model.visual.patch_embed.proj.weight for folder in folders
    ]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
