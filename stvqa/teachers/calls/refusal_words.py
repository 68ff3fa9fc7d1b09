"""The codes and words by which servers tell what is wrong: OpenAI, Azure, Gemini, Anthropic, Groq, OpenRouter and more,
and vLLM, llama.cpp, Ollama and TGI, which people run themselves.

CONTEXT.search("This model's maximum context length is 4096 tokens ...")
"""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "BAD_IMAGE",
    "CONTEXT",
    "FILTERED",
    "FILTER_CODES",
    "LOCATION",
    "NO_IMAGES",
    "NO_IMAGES_PERHAPS",
    "NO_MONEY",
    "NO_MONEY_CODES",
    "OUT_OF_MEMORY",
    "PERMISSION",
    "PERMISSION_CODES",
    "STATUS_BY_CODE",
    "UNKNOWN_MODEL",
    "UNKNOWN_MODEL_CODES",
    "WRONG_KEY",
    "WRONG_KEY_CODES",
]


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


CONTEXT: Final = _words(
    r"context[ _]?(length|window|size)|maximum (context|sequence|prompt|model) length|too many tokens",
    r"prompt is too long|exceed\w* .{0,40}(context|model_max_length|token limit)|input is too long|reduce the length",
    r"request too large for|must be reduced in order|input (token count|length) .{0,40}exceeds",
    r"must have less than \d+ tokens|max_new_tokens` must be",
)
FILTER_CODES: Final = _words(
    r"content_?(filter|policy|management)|responsible_?ai|data_?inspection|moderation|safety|prohibited_content"
    r"|invalid_prompt|sensitive",
)
FILTERED: Final = _words(
    r"content[ _](filter|policy|management)|responsible.?ai|safety (system|filter|setting|reason|polic)|moderation",
    r"flagged|usage polic|inappropriate content|prohibited content|unsafe content|sensitive content",
)
NO_MONEY_CODES: Final = frozenset(
    {
        "insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_balance",
        "insufficient_credits", "insufficient_funds", "insufficient_user_quota", "payment_required",
        "exceeded_current_quota_error", "credit_balance_too_low", "arrearage", "402",
    }
)  # fmt: skip
NO_MONEY: Final = _words(
    r"exceeded your current quota|insufficient (account )?(balance|credit|fund|quota)|credit balance is too low",
    r"out of credit|no (more )?credits|requires more credits|billing (hard )?limit|billing is not active",
    r"key limit exceeded|(have|has|do|does)(n't| not| no)( have)?( any)? credits|budget has been exceeded",
    r"account is not active|payment required|in arrears|overdue (payment|bill)|quota .{0,40}used up",
)
WRONG_KEY_CODES: Final = frozenset(
    {"invalid_api_key", "api_key_invalid", "incorrect_api_key", "authentication_error", "invalid_authentication"}
)
WRONG_KEY: Final = _words(r"\b(incorrect|invalid|expired|missing) (api|subscription) key|api key (not valid|expired)")
PERMISSION_CODES: Final = _words(
    r"permission|access_?denied|access_terminated|unsupported_country|model_not_(allowed|found)|not_authorized"
)
PERMISSION: Final = _words(
    r"permission|not (authori[sz]ed|entitled)|(not|n't) have access|access (denied|to (the |this )?model)",
    r"not permitted (to|for) .{0,40}\b(model|api|key|account|project)\b",
    r"\b(country|region|territory|location)\b((?!image|picture).){0,40}"
    r"\b(not |un)(supported|available|allowed|permitted)",
    r"\b(not |un)(supported|available|allowed|permitted) (in|for|from) (your|this) (country|region|territory|location)",
    r"\b(key|token|account|project|team|organi[sz]ation|subscription)\b((?!image|picture).){0,40}"
    r"(\b(not|no|cannot|lacks?|disabled|suspended|blocked|revoked|restricted|deactivated|banned|expired)\b|n't\b)",
    r"\bgated\b|model .{0,60}(not allowed|disabled|not enabled|forbidden)",
)
LOCATION: Final = _words(r"user location is not supported")
OUT_OF_MEMORY: Final = _words(r"out of (\w+ )?memory|failed to allocate|cudamalloc")
NO_IMAGES: Final = _words(
    r"(image|vision|multi-?modal|image_url)\w*( \w+){0,4} (is|are) (not|only|un)\s?(yet |currently )?"
    r"(support|accept|avail)",
    r"(not|n't|cannot|no endpoints found that) (currently |yet )?(support|accept|take|process|handle|have)\w*"
    r" .{0,40}\b(image|vision|multi-?modal)",
    r"not (a |an )?(multi-?modal|vision)|unknown variant `?image_url|at most 0 image|mmproj",
    r"missing data required for image|only supports? text|text-only",
)
NO_IMAGES_PERHAPS: Final = _words(
    r"\bimage_url\b|content must be a string|content\b.{0,20}: input should be a valid string|support images?",
    r"invalid (content|type).{0,40}(content|image)|images? (is|are) not",
)
BAD_IMAGE: Final = _words(
    r"(invalid|unsupported|corrupt\w*|broken|bad) (base64 )?image",
    r"((could|can)( ?not|n't)|failed to) (process|decode|open|read|load) (the |this |your |provided )*image",
    r"image\b.{0,40}(exceeds|too (large|small|big)|could not be (processed|decoded|read)|is (corrupt|broken))",
    r"image_parse_error|invalid_image|not represent a valid image|unable to process (the |this )?(input )?image",
    r"cannot identify image|image: unknown format|aspect ratio must be|at most [1-9]\d* image",
)
UNKNOWN_MODEL: Final = _words(
    r"\bpinned to\b|\bmodel\b.{0,80}\b(does not exist|not found|not loaded|is unknown)|\bno such model\b"
)
UNKNOWN_MODEL_CODES: Final = frozenset({"model_not_found", "model_not_exist", "deploymentnotfound"})
STATUS_BY_CODE: Final[dict[str, int]] = {
    "rate_limit_error": 429, "rate_limit_exceeded": 429, "resource_exhausted": 429, "too_many_requests": 429,
    "insufficient_quota": 429, "overloaded_error": 529, "overloaded": 503, "unavailable": 503,
    "authentication_error": 401, "invalid_api_key": 401, "unauthenticated": 401, "permission_error": 403,
    "permission_denied": 403, "model_not_found": 404, "not_found_error": 404, "not_found": 404,
    "invalid_request_error": 400, "invalid_argument": 400, "badrequesterror": 400, "bad_request": 400,
}  # fmt: skip
"""The status of errors that came with a good one and name none; what says more comes first."""
