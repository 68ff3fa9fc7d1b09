"""What is asked of a teacher in JSON is part of the keys of calls: a word that changes there pays all of them again."""

from __future__ import annotations

import hashlib
import json

from stvqa.teachers.calls.schemas import schema_of
from stvqa.teachers.llm.reply import WrittenQuestions


def test_the_schema_of_replies_is_that_of_ledgers_that_were_paid():
    text = json.dumps(schema_of(WrittenQuestions), sort_keys=True)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "fb2448903cad6d0f"
