"""Sends a set to the Hugging Face Hub: one commit, whole or not at all, private unless asked otherwise."""

from stvqa.hub.content import Changes, Content, LocalSet
from stvqa.hub.dry_run import write_content
from stvqa.hub.local import prepare
from stvqa.hub.push import Planned, PushResult, check_names, plan_push, push
from stvqa.hub.remote import Remote, has_token, hub_address, quiet

__all__ = [
    "Changes",
    "Content",
    "LocalSet",
    "Planned",
    "PushResult",
    "Remote",
    "check_names",
    "has_token",
    "hub_address",
    "plan_push",
    "prepare",
    "push",
    "quiet",
    "write_content",
]
