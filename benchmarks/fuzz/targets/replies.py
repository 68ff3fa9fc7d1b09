"""Replies: bodies of chat completions, what teachers and verifiers write in them, errors, and lines of batch answers.

A case is a reply, edited in its structure or its bytes, read by the one that reads such replies; some are sent by a
server on loopback to the real client. What a teacher's reply is made of proves; a vote names an option or none.
"""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st

from fuzz.found import Found
from fuzz.hostile import KEY, json_text, texts
from fuzz.loopback import RawServer
from fuzz.mutation import Draw, edited_bytes, edited_json
from fuzz.sandbox import Sandbox, told_well
from fuzz.targets.contract import Target, support
from fuzz.watch import watched
from stvqa.completion.choices import read_choice
from stvqa.errors import StvqaError
from stvqa.programs.decide import Decider
from stvqa.programs.notation import write_claim
from stvqa.records import Prospect, Question
from stvqa.teachers.calls import CallFailure, Reply
from stvqa.teachers.calls.batch_lines import read_line
from stvqa.teachers.calls.refusals import Refusal, judge
from stvqa.teachers.calls.secret import Secret
from stvqa.teachers.calls.wire import NotACompletion, read_completion
from stvqa.teachers.llm.judge import judge as judge_written
from stvqa.teachers.llm.reply import read_questions
from stvqa.teachers.rules.teacher import RulesTeacher

__all__ = ["open_target"]

_OPTIONS = ("To the left", "To the right", "In front")
_COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_790_000_000,
    "model": "some-model",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "A"}, "finish_reason": "stop"}],
    "usage": {
        "prompt_tokens": 20,
        "completion_tokens": 3,
        "total_tokens": 23,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 0},
    },
}
_ERRORS = (
    {
        "error": {
            "message": f"Incorrect API key provided: {KEY}",
            "type": "invalid_request_error",
            "code": "invalid_api_key",
        }
    },
    {
        "error": {
            "message": "Rate limit reached. Please try again in 7m12.5s.",
            "code": 429,
            "metadata": {"raw": '{"a": 1}'},
        }
    },
    {"detail": [{"loc": ["body", "messages", 0], "msg": "field required", "type": "missing"}]},
    [{"error": {"code": 503, "status": "UNAVAILABLE", "details": [{"@type": "RetryInfo", "retryDelay": "2s"}]}}],
    {"object": "error", "message": base64.b64encode(KEY.encode()).decode(), "param": None},
)
_LINE = {"id": "b-1", "custom_id": "3fa9", "response": {"status_code": 200, "body": _COMPLETION}, "error": None}
_HEADERS = (
    "Retry-After",
    "retry-after-ms",
    "x-ratelimit-reset-requests",
    "Location",
    "Content-Encoding",
    "Content-Type",
)
_STATUSES = (200, 200, 200, 201, 204, 301, 307, 308, 400, 401, 403, 404, 413, 422, 429, 500, 502, 503, 529, 599)
_LONGEST_WAIT_SECONDS = 0.5
_KINDS = ("completion", "teacher", "vote", "error", "line", "answers-file", "server", "server")


class _Case(NamedTuple):
    """A reply, and how it comes.

    Attributes:
        status / headers: of the server's response.
    """

    kind: str
    data: bytes
    status: int
    headers: tuple[tuple[str, str], ...]
    edits: tuple[str, ...]

    def __repr__(self) -> str:
        edits = "\n".join(self.edits)
        return f"{self.kind}, status {self.status}, {self.headers}\n{edits}\n{self.data[:3000]!r}"


def open_target(sandbox: Sandbox) -> Target:
    """Starts the server once; it ends with the process."""
    del sandbox  # each case has its own folder
    items = support("prospects").kitchen()
    calling = support("calling")
    server = RawServer()
    server.start()

    def hold(case: _Case, sandbox: Sandbox) -> str:
        with sandbox.example() as folder:
            if case.kind == "server":
                return f"server: {_served(case, folder, server, calling)}"
            if case.kind == "answers-file":
                return f"answers-file: {_imported(case, folder, calling)}"
            with watched():
                return f"{case.kind}: {_READERS[case.kind](case, items)}"

    return Target(_cases(_written(items)), hold)


def _written(items: list[Prospect]) -> dict[str, Any]:
    """What an honest teacher writes for the items: the words of the rules."""
    entries = []
    for number, item in enumerate(items, start=1):
        worded = RulesTeacher().word(item, chance=random.Random(number))
        claims = [write_claim(claim) for claim in item.program.claims]
        entry = {
            "item": number,
            "question": worded.text,
            "options": list(worded.options),
            "answer": "ABCD"[item.answer],
        }
        entries.append({**entry, "program": claims, "level": "easy", "rating": 7, "why": "it is so"})
    return {"questions": entries}


@st.composite
def _cases(draw: Draw, written: dict[str, Any]) -> _Case:
    kind = draw(st.sampled_from(_KINDS))
    status = draw(st.sampled_from(_STATUSES))
    headers = draw(st.lists(st.tuples(st.sampled_from(_HEADERS), _header_values()), max_size=2))
    value: Any = {
        "teacher": {"questions": draw(st.permutations(written["questions"]))[:3]},
        "error": draw(st.sampled_from(_ERRORS)),
        "line": _LINE,
        "answers-file": _LINE,
        "vote": {"answer": "B", "why": "it is"},
    }.get(kind, _COMPLETION)
    if kind == "server" and status != 200:
        value = draw(st.sampled_from(_ERRORS))
    edited = draw(edited_json(value))
    data, edits = json_text(edited.value).encode(errors="surrogatepass"), edited.edits
    if kind == "vote":
        data = draw(st.one_of(st.just(data), _votes()))
    if draw(st.integers(0, 4)) == 0:
        damaged = draw(edited_bytes(data))
        data, edits = damaged.value, edits + damaged.edits
    return _Case(kind, data, status, tuple(headers), edits)


def _header_values() -> st.SearchStrategy[str]:
    odd = (
        "-5",
        "nan",
        "inf",
        "1e400",
        "0.01",
        "Wed, 21 Oct 2015 07:28:00 GMT",
        "gzip",
        "br",
        "http://127.0.0.1:1/",
        "x" * 9_000,
    )
    return st.one_of(st.sampled_from(odd), st.text("abc 0123456789.:/;=-", max_size=20))


def _votes() -> st.SearchStrategy[bytes]:
    words = (
        "A",
        "(B)",
        "C.",
        "To the left",
        "The answer is",
        "not",
        "or",
        "**",
        "\n",
        "<think>",
        "</think>",
        "{",
        "}",
        '"answer":',
    )
    spoken = st.lists(st.one_of(st.sampled_from(words), texts()), max_size=6).map(" ".join)
    return spoken.map(lambda text: text.encode(errors="surrogatepass"))


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


def _decoded(data: bytes) -> object:
    """As the client decodes a body: JSON, else text."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return _text(data)


def _completion(case: _Case, _: list[Prospect]) -> str:
    try:
        answer = read_completion(_decoded(case.data))
    except NotACompletion:
        return "no completion"
    _storable(answer)
    return "an answer"


def _teacher(case: _Case, items: list[Prospect]) -> str:
    """What is made of a reply, for each item that it might answer, is true of its scene."""
    read = read_questions(_text(case.data))
    made = 0
    for written in read.written.values():
        _storable(written)
        for item in items[written.item - 1 : written.item] or items[:1]:
            outcome = judge_written(written, item, teacher="some-model")
            if isinstance(outcome, Question):
                made += 1
                _check_true(outcome)
    return "questions" if made else "refused" if read.written else "unreadable"


def _check_true(question: Question) -> None:
    """One option is right, all others are wrong, by the scene itself."""
    if question.program is None:
        raise Found("a question without a program for an item that has one", "", repr(question))
    decider = Decider(question.focus, question.margins)
    values = [decider.decide(claim).value for claim in question.program.claims]
    expected = [number == question.answer for number in range(len(question.options))]
    if values != expected:
        raise Found("a question that is not proved", "", repr(question))
    question.model_validate_json(question.model_dump_json())


def _vote(case: _Case, _: list[Prospect]) -> str:
    place = read_choice(_text(case.data), _OPTIONS)
    if place is not None and place not in range(len(_OPTIONS)):
        raise Found("a vote for no option", "", repr(place))
    return "no choice" if place is None else "a choice"


def _error(case: _Case, _: list[Prospect]) -> str:
    headers = {name.lower(): value for name, value in case.headers}
    refusal = Refusal.of(case.status, _decoded(case.data), headers, secret=Secret(KEY))
    verdict = judge(refusal, model="some-model", url="http://127.0.0.1:1/v1", images=True)
    if KEY in repr(refusal) + repr(verdict):
        raise Found("the key is told", "", repr(verdict))
    if verdict.wait_seconds is not None and not 0 <= verdict.wait_seconds < 8 * 24 * 3600:
        raise Found("a wait of no sense", "", repr(verdict))
    return verdict.kind


def _line(case: _Case, _: list[Prospect]) -> str:
    try:
        line = read_line(case.data, secret=Secret(KEY))
    except ValueError:
        return "no line"
    _storable(line)
    return "an answer" if line.answer else "a refusal"


def _storable(value: object) -> None:
    """Every text can be written down."""
    try:
        str(value).encode()
    except UnicodeEncodeError as error:
        raise Found("half a surrogate pair", "", ascii(value)[:1000]) from error


_READERS = {"completion": _completion, "teacher": _teacher, "vote": _vote, "error": _error, "line": _line}


def _waits(case: _Case) -> bool:
    """Whether the server asks for a wait, which is no fault, but takes the time of many cases."""
    headers = {name.lower(): value for name, value in case.headers}
    refusal = Refusal.of(case.status, _decoded(case.data), headers, secret=Secret(KEY))
    return max(refusal.wait_seconds or 0.0, refusal.reset_seconds or 0.0) > _LONGEST_WAIT_SECONDS


def _served(case: _Case, folder: Path, server: RawServer, calling: Any) -> str:  # noqa: ANN401 (a module of the tests)
    """One call gets the case, the other a sound answer, which is kept whatever becomes of the first."""
    if _waits(case):
        return "asks to be waited for"
    server.answer_with(
        case.status, case.headers, case.data, sound=json.dumps(_COMPLETION).encode(), marked="Question 0?"
    )
    outcome = "?"
    for _ in range(2):  # what the first run paid for is there in the second
        try:
            with watched(), calling.opened(folder, server.url, timeout_seconds=2.0, tries=2) as calls:
                first, second = calls.answer(calling.questions(2))
            outcome = first.reason if isinstance(first, CallFailure) else "a reply"
            if not isinstance(second, Reply | CallFailure):
                raise Found("neither a reply nor a failure", "", repr(second))
        except StvqaError as error:
            outcome = told_well(error)
    _check_ledger(folder)
    return outcome


def _imported(case: _Case, folder: Path, calling: Any) -> str:  # noqa: ANN401 (a module of the tests)
    """A file of batch answers: a sound line for another call, then the case."""
    file = folder / "answers.jsonl"
    sound = json.dumps({**_LINE, "custom_id": "other"}).encode()
    file.write_bytes(sound + b"\n" + case.data.replace(b"\n", b" ") + b"\n")
    try:
        with watched(), calling.opened(folder, None, batch_in=file):
            return "read"
    except StvqaError as error:
        return told_well(error)


def _check_ledger(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if KEY.encode() in data or base64.b64encode(KEY.encode()).rstrip(b"=") in data:
                raise Found("the key stands in the ledger", "", path.name)
