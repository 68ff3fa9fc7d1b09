"""Calls of models behind OpenAI-compatible APIs.

What stages need stands in `contract`; `open_calls` is for those who run stages.
"""

from stvqa.teachers.calls.contract import (
    CallFailure,
    CallForecast,
    CallRequest,
    Calls,
    Message,
    Picture,
    Range,
    Reply,
    Usage,
)
from stvqa.teachers.calls.options import CallOptions
from stvqa.teachers.calls.replies import ReadsReplies, ReplyUnreadable, read_reply

__all__ = [
    "CallFailure",
    "CallForecast",
    "CallOptions",
    "CallRequest",
    "Calls",
    "Message",
    "Picture",
    "Range",
    "ReadsReplies",
    "Reply",
    "ReplyUnreadable",
    "Usage",
    "read_reply",
]
