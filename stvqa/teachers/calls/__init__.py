"""Calls of models behind OpenAI-compatible APIs."""

from stvqa.teachers.calls.contract import CallFailure, CallRequest, Calls, Message, Picture, Reply, Usage

__all__ = ["CallFailure", "CallRequest", "Calls", "Message", "Picture", "Reply", "Usage"]
