"""Calls of models behind OpenAI-compatible APIs."""

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

__all__ = [
    "CallFailure",
    "CallForecast",
    "CallRequest",
    "Calls",
    "Message",
    "Picture",
    "Range",
    "Reply",
    "Usage",
]
