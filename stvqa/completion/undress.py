r"""What a reply says, without what a model only thinks and without the tokens that wrap its words.

    undress("It could be A.</think>\n\nB")                          # "B": the chat template opened the thoughts
    undress("<|begin_of_box|>B<|end_of_box|>")                      # "B"
    undress("<think>Draft: {...} No.</think>```json\n{...}\n```")   # the JSON in the fence alone
    undress("<think>I was cut off")                                 # "": nothing was said

Every reader of replies begins here: the teachers' questions, the check whether a reply fits its schema, the verifiers'
answers, the answers that rewards grade, and whether a reply says anything at all. A draft in thoughts is never a reply.
"""

from __future__ import annotations

import json
import re

__all__ = ["undress"]

_NAMES = "think|thinking|thoughts?|reason|reasoning|analysis|scratchpad|reflection|seed:think"
_OPENING = rf"<(?:{_NAMES})>|\[THINK\]|<\|START_THINKING\|>|<\|begin_of_thought\|>|\u25c1think\u25b7"
_CLOSING = rf"</(?:{_NAMES})>|\[/THINK\]|<\|END_THINKING\|>|<\|end_of_thought\|>|\u25c1/think\u25b7"
_THOUGHT_TAG = re.compile(f"(?P<opens>{_OPENING})|{_CLOSING}", re.IGNORECASE)
"""Tags of thoughts as DeepSeek, Qwen, Mistral, Cohere, Kimi, Seed and others write them."""

_CHANNEL = "<|channel|>"
_FINAL_CHANNEL = re.compile(r"<\|channel\|>\s*final(?:\s*<\|constrain\|>\s*\w+)?\s*(?:<\|message\|>)?")
_MESSAGE_END = re.compile(r"<\|(?:return|end|call|start|channel)\|>")
_NAKED_CHANNELS = re.compile(r"\Aanalysis(?=[A-Z\s]).*assistant\s*final", re.DOTALL)
"""The channels of gpt-oss, and the same where a server has dropped their tokens."""

_TOKENS = re.compile(
    r"<\|(?:im_start|start_header_id)\|>(?:assistant)?|<[|\uff5c][\w\u2581]{1,40}[|\uff5c]>|</?s>"
    r"|<(?:start|end)_of_turn>(?:model\b)?|<eos>|\[/?INST\]"
)
"""Tokens of chat templates that some servers leave in; box tokens are among the first kind."""

_MARKS = "<[\u25c1"
"""With one of these each tag and token begins."""

_FENCE = "```"
_LANGUAGE = re.compile(r"(?:jsonc?|text|txt|plaintext|markdown|md)\b|[\w+-]*(?=\r?\n)")
_BLANKS = " \t\r\n\f\v\u00a0\ufeff\u200b\u2060"
"""What is stripped from the ends: blanks, a byte order mark, and other marks that nobody sees."""


def undress(reply: str) -> str:
    """The words of a reply.

    Args:
        reply: as it came.

    Returns:
        The text without thoughts, template tokens, and a code fence around the whole of it; "" where nothing is said
        but thoughts, or where thoughts did not come to an end. Never raises; time linear in the text.
    """
    text = reply.strip(_BLANKS)
    if _is_json(text):
        return _TOKENS.sub("", text).strip(_BLANKS)  # a tag in one of its texts is no thought
    if _CHANNEL in text:
        text = _final_channel(text)
    elif text.startswith("analysis"):
        text = _NAKED_CHANNELS.sub("", text)
    if any(mark in text for mark in _MARKS):
        text = _TOKENS.sub("", _without_thoughts(text)).strip(_BLANKS)
    inner = text[len(_FENCE) : -len(_FENCE)]
    if not text.startswith(_FENCE) or not text.endswith(_FENCE) or _FENCE in inner:
        return text
    return _LANGUAGE.sub("", inner, count=1).strip(_BLANKS) if _LANGUAGE.match(inner) else inner.strip(_BLANKS)


def _is_json(text: str) -> bool:
    if not (text.startswith("{") and text.endswith("}")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _final_channel(text: str) -> str:
    """What stands in the last final channel; nothing where the model never came to one."""
    starts = [match.end() for match in _FINAL_CHANNEL.finditer(text)]
    if not starts:
        return ""
    end = _MESSAGE_END.search(text, starts[-1])
    return text[starts[-1] : end.start() if end else len(text)]


def _without_thoughts(text: str) -> str:
    """The text outside of thoughts; one that closes without having opened had begun with the reply."""
    said: list[str] = []
    place, thinking = 0, False
    for tag in _THOUGHT_TAG.finditer(text):
        if not thinking:
            said.append(text[place : tag.start()])
        if tag["opens"] is None and not thinking:
            said.clear()
        thinking, place = tag["opens"] is not None, tag.end()
    return "" if thinking else "".join([*said, text[place:]])
