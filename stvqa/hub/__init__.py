"""Sends a set or a model to the Hugging Face Hub: one commit, whole or not at all, private unless asked otherwise."""

from stvqa.hub.content import Changes, Content, LocalSet
from stvqa.hub.dry_run import refuse_foreign_dry_run, write_content
from stvqa.hub.kinds import MODEL, SET, RepoKind
from stvqa.hub.local import prepare
from stvqa.hub.model import local_base, prepare_model, pushed_model_files
from stvqa.hub.push import Planned, PushResult, check_names, plan_push, push
from stvqa.hub.remote import Remote, has_token, hub_address, quiet

__all__ = [
    "MODEL",
    "SET",
    "Changes",
    "Content",
    "LocalSet",
    "Planned",
    "PushResult",
    "Remote",
    "RepoKind",
    "check_names",
    "has_token",
    "hub_address",
    "local_base",
    "plan_push",
    "prepare",
    "prepare_model",
    "push",
    "pushed_model_files",
    "quiet",
    "refuse_foreign_dry_run",
    "write_content",
]
