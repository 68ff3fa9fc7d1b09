from __future__ import annotations

import itertools
import json
from types import SimpleNamespace

import pytest
from calling import Vote, opened, question, questions
from model_http import Response, json_response
from model_server import Faults, ModelServer, Traits

from stvqa.errors import BudgetError, CallError, InputError, PendingCalls
from stvqa.teachers.calls import CallFailure, Reply


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def answered(outcomes) -> int:
    return sum(isinstance(outcome, Reply) for outcome in outcomes)


def texts(outcomes) -> list[str]:
    return [outcome.text for outcome in outcomes]


def work_off(calls, answers, server) -> None:
    """What another queue would do: answers the lines of one file in another, in the reverse order."""
    server.api.files_worked = True
    lines = []
    for line in calls.read_text().splitlines():
        wanted = json.loads(line)
        assert (wanted["method"], wanted["url"]) == ("POST", "/v1/chat/completions")
        lines.append(_answer(wanted, server))
    answers.write_text("".join(f"{json.dumps(line)}\n" for line in reversed(lines)))


def _answer(wanted, server):
    call = server.api._call_of(wanted["body"], wanted["custom_id"])
    body = {
        "model": "offline",
        "choices": [{"index": 0, "message": {"content": server.api.brain(call)}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6},
    }
    return {
        "id": "vllm-1",
        "custom_id": wanted["custom_id"],
        "response": {"status_code": 200, "body": body},
        "error": None,
    }


def test_a_batch_gives_the_same_answers_as_calls_one_by_one(tmp_path):
    with ModelServer(faults=Faults(rates={"malformed": 0.2})) as server:
        with opened(tmp_path / "live", server.url) as calls:
            live = calls.answer(questions(30, schema=Vote, image="x.jpg"))
        server.counts.received = 0
        with opened(tmp_path / "batch", server.url, batch=True) as calls:
            batched = calls.answer(questions(30, schema=Vote, image="x.jpg"))
            assert calls.summary().calls >= 30
        assert len(server.api.batches.batches) == 2, "the calls, then their repairs"
        assert server.counts.received == 2, "one call shows what the server can do, one that it looks at images"
    assert answered(batched) == answered(live) == 30


def test_batched_calls_cost_what_batches_cost(tmp_path):
    with ModelServer() as server, opened(tmp_path, server.url, batch=True) as calls:
        calls.answer(questions(11, model="gpt-4o"))
        usage = calls.usage("verify")["gpt-4o"]
        price = calls.prices.of("gpt-4o")
        assert usage.calls == 11
        full = price.usd(
            input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, cached_tokens=usage.cached_tokens
        )
        assert full / 2 < usage.usd < full * 0.6


def test_lines_that_were_not_come_to_go_into_the_next_batch(tmp_path):
    with ModelServer(traits=Traits(batch_expires=0.5)) as server, opened(tmp_path, server.url, batch=True) as calls:
        assert answered(calls.answer(questions(40))) == 40
        assert len(server.api.batches.batches) > 2
        assert max(server.counts.answered.values()) == 1


def test_parts_that_fail_are_told_apart(tmp_path):
    rates = {"content-filter-400": 0.2, "server-error": 0.3}
    with ModelServer() as server, opened(tmp_path, server.url, batch=True) as calls:
        calls.answer([question(1000)])
        server.api.faults = Faults(rates=rates)
        outcomes = calls.answer(questions(60))
        reasons = {outcome.reason for outcome in outcomes if isinstance(outcome, CallFailure)}
        assert reasons == {"content-filter"}
        assert 30 < answered(outcomes) < 60


@pytest.mark.parametrize("fault", ["thoughts-only", "max-tokens", "failed-choice", "empty"])
def test_answers_of_a_batch_that_say_nothing_go_into_the_next_one(tmp_path, fault):
    with ModelServer() as server, opened(tmp_path, server.url, batch=True) as calls:
        calls.answer([question(1000)])
        server.api.faults = Faults(script=[fault, fault])
        assert answered(calls.answer(questions(20))) == 20
        assert calls.summary().calls == server.counts.answered.total() == 23


def test_what_says_nothing_in_every_batch_is_a_failed_call_and_a_later_run_asks_again(tmp_path):
    with ModelServer() as server:
        with opened(tmp_path, server.url, batch=True) as calls:
            calls.answer([question(1000)])
            server.api.faults = Faults(rates={"thoughts-only": 1.0})
            outcomes = calls.answer(questions(4))
            assert {outcome.reason for outcome in outcomes} == {"gave-up"}
            assert "The answer is A" in outcomes[0].detail
            assert calls.summary().calls == 1 + 4 * 3
        server.api.faults = Faults()
        with opened(tmp_path, server.url, batch=True) as calls:
            assert answered(calls.answer(questions(4))) == 4


def test_a_killed_run_finds_its_batch_again(tmp_path, monkeypatch):
    with ModelServer(traits=Traits(batch_seconds=3600)) as server:
        with opened(tmp_path, server.url, batch=True) as calls:
            calls.answer([question(1000)])
            monkeypatch.setattr("stvqa.teachers.calls.batch_service.BatchService.look", _killed)
            with pytest.raises(RuntimeError, match="killed"):
                calls.answer(questions(20))
            monkeypatch.undo()
        with (
            opened(tmp_path, server.url) as calls,
            pytest.raises(CallError, match="20 of the calls are under way in a"),
        ):
            calls.answer(questions(20))
        server.api.traits.batch_seconds = 0
        with opened(tmp_path, server.url, batch=True) as calls:
            assert answered(calls.answer(questions(20))) == 20
            assert calls.ledger.interrupted == 0
        assert len(server.api.batches.batches) == 1
        with opened(tmp_path, server.url) as calls:
            assert answered(calls.answer(questions(20))) == 20


async def _killed(self, batch_id):
    raise RuntimeError("killed")


def test_a_run_that_was_killed_before_it_noted_the_batch_finds_it_by_its_name(tmp_path):
    with ModelServer() as server:
        with opened(tmp_path, server.url, batch=True) as calls:
            calls.answer(questions(10))
            (name,) = calls.ledger.notes("batch")
            noted = json.loads(calls.ledger.notes("batch")[name])
            calls.ledger.note("batch", name, json.dumps(noted | {"batch_id": "", "state": "made"})).result()
        with opened(tmp_path, server.url, batch=True) as calls:
            assert answered(calls.answer(questions(12))) == 12
            assert json.loads(calls.ledger.notes("batch")[name])["batch_id"] == noted["batch_id"]
        assert max(server.counts.answered.values()) == 1


def test_a_batch_that_fails_as_a_whole_says_why_and_its_calls_are_free(tmp_path):
    with ModelServer() as server, opened(tmp_path, server.url, batch=True) as calls:
        calls.answer([question(1000)])
        server.api.batches.fail_next = "Enqueued token limit reached"
        with pytest.raises(CallError, match="ended as failed: Enqueued token limit reached"):
            calls.answer(questions(5))
        assert answered(calls.answer(questions(5))) == 5


def test_a_server_without_batches(tmp_path, monkeypatch):
    with ModelServer() as server, opened(tmp_path, server.url, batch=True) as calls:
        calls.answer([question(1000)])
        monkeypatch.setattr(server.api.batches, "handle", _nothing_there)
        with pytest.raises(CallError, match=r"has no Batch API .*: leave out --batch, or use --batch-out FILE"):
            calls.answer(questions(3))


async def _nothing_there(request, path):
    from model_api import error_response

    return error_response(404, "Not Found")


PAGE = Response(body=b"<html>Sign in</html>", content_type="text/html")
OTHER_ANSWERS = {
    "page": PAGE,
    "page-called-json": Response(body=b"<html>Sign in</html>"),
    "null": json_response(None),
    "list": json_response([]),
    "text": json_response("fine"),
    "empty": json_response({}),
    "list-of-null": json_response({"data": [None]}),
    "other-types": json_response({"id": 7, "status": 7, "data": 7}),
}
"""What servers that know nothing of batches say with status 200."""


def _says(server, response, *, to):
    """From now on the server answers so to requests whose method and path begin like that."""
    handle = server.api.batches.handle

    async def handled(request, path):
        return response if f"{request.method} {path}".startswith(to) else await handle(request, path)

    server.api.batches.handle = handled


NO_BATCHES = r"^http://127.0.0.1:\d+/v1 has no Batch API \(it answered with something else\): leave out --batch, or"


@pytest.mark.parametrize("answer", OTHER_ANSWERS)
@pytest.mark.parametrize("to", ["POST /v1/files", "POST /v1/batches", "GET /v1/batches/"])
def test_a_server_that_answers_with_something_else(tmp_path, to, answer):
    with ModelServer() as server, opened(tmp_path, server.url, batch=True) as calls:
        calls.answer([question(1000)])
        _says(server, OTHER_ANSWERS[answer], to=to)
        with pytest.raises(CallError, match=NO_BATCHES):
            calls.answer(questions(3))


@pytest.mark.parametrize("answer", OTHER_ANSWERS)
def test_a_server_that_lists_something_else_than_batches(tmp_path, answer):
    with ModelServer() as server:
        with opened(tmp_path, server.url, batch=True) as calls:
            calls.answer(questions(3))
            _forget_id(calls)
        _says(server, OTHER_ANSWERS[answer], to="GET /v1/batches")
        with opened(tmp_path, server.url, batch=True) as calls, pytest.raises(CallError, match=NO_BATCHES):
            calls.answer(questions(4))


@pytest.mark.parametrize("has_more", [{}, {"has_more": True}])
def test_a_server_that_gives_the_same_page_of_batches_again_and_again(tmp_path, has_more):
    with ModelServer() as server:
        with opened(tmp_path, server.url, batch=True) as calls:
            calls.answer(questions(3))
            _forget_id(calls)
        _says(server, json_response({"data": [{"id": "of-others", "metadata": None}]} | has_more), to="GET /v1/batches")
        with opened(tmp_path, server.url, batch=True) as calls:
            assert answered(calls.answer(questions(3))) == 3


def _forget_id(calls):
    """As if the run had been killed before it noted what the server calls its batch."""
    ((name, text),) = calls.ledger.notes("batch").items()
    noted = json.loads(text) | {"batch_id": "", "state": "made"}
    calls.ledger.note("batch", name, json.dumps(noted)).result()


def test_the_budget_of_calls_holds_for_batches(tmp_path):
    with ModelServer() as server, opened(tmp_path, server.url, batch=True, max_calls=9) as calls:
        with pytest.raises(BudgetError, match="--max-calls 9: this run has made 9 calls"):
            calls.answer(questions(30))
        assert server.counts.answered.total() == 9


def test_calls_go_to_a_file_and_come_back_from_another(tmp_path):
    out, answers = tmp_path / "calls.jsonl", tmp_path / "answers.jsonl"
    with ModelServer() as server:
        with opened(tmp_path, batch_out=out) as calls, pytest.raises(PendingCalls) as caught:
            calls.answer(questions(25, schema=Vote, image="x.jpg"))
        assert "25 calls of some-model are written to" in str(caught.value)
        assert "--batch-in answers.jsonl" in str(caught.value)
        work_off(out, answers, server)
        with opened(tmp_path, batch_in=answers) as calls:
            assert calls.imported[:5] == (25, 0, 0, 0, 0)
            assert answered(calls.answer(questions(25, schema=Vote, image="x.jpg"))) == 25
            assert calls.usage("verify")["some-model"].calls == 25
        with opened(tmp_path, batch_in=answers) as calls:
            assert calls.imported[:5] == (0, 25, 0, 0, 0)
        assert server.counts.received == 0


def test_what_did_not_fit_is_written_to_the_next_file(tmp_path):
    out, answers = tmp_path / "calls.jsonl", tmp_path / "answers.jsonl"
    with ModelServer(brain=lambda call: "no JSON at all") as server:
        with opened(tmp_path, batch_out=out) as calls, pytest.raises(PendingCalls, match="3 calls"):
            calls.answer(questions(3, schema=Vote))
        work_off(out, answers, server)
        with opened(tmp_path, batch_in=answers, batch_out=out) as calls, pytest.raises(PendingCalls, match="3 calls"):
            calls.answer(questions(3, schema=Vote))
        assert "Your reply could not be used" in out.read_text()
        work_off(out, answers, server)
        with opened(tmp_path, batch_in=answers, batch_out=out) as calls:
            assert texts(calls.answer(questions(3, schema=Vote))) == ["no JSON at all"] * 3


def test_errors_in_a_file_of_answers(tmp_path):
    out, answers = tmp_path / "calls.jsonl", tmp_path / "answers.jsonl"
    with opened(tmp_path, batch_out=out) as calls, pytest.raises(PendingCalls):
        calls.answer(questions(3))
    keys = [json.loads(line)["custom_id"] for line in out.read_text().splitlines()]
    too_long = {"status_code": 400, "body": {"error": {"message": "maximum context length is 10", "code": None}}}
    expired = {"code": "batch_expired", "message": "not in time"}
    lines = [
        {"custom_id": keys[0], "response": too_long, "error": None},
        {"custom_id": keys[1], "response": None, "error": expired},
        {"custom_id": "somebody-else", "response": None, "error": expired},
    ]
    answers.write_text("\n".join(json.dumps(line) for line in lines))
    with opened(tmp_path, batch_in=answers, batch_out=out) as calls:
        assert calls.imported[:5] == (0, 0, 1, 1, 1)
        with pytest.raises(PendingCalls, match="2 calls"):
            calls.answer(questions(3))
    assert [json.loads(line)["custom_id"] for line in out.read_text().splitlines()] == keys[1:]


def _line(key: str, message: dict[str, object], reason: str = "stop") -> str:
    choice = {"index": 0, "message": message, "finish_reason": reason}
    usage = {"prompt_tokens": 5, "completion_tokens": 1}
    body = {"model": "offline", "choices": [choice], "usage": usage}
    return json.dumps({"custom_id": key, "response": {"status_code": 200, "body": body}, "error": None})


def test_answers_of_a_file_that_say_nothing_are_written_to_the_next_one_and_paid_once(tmp_path):
    out, answers = tmp_path / "calls.jsonl", tmp_path / "answers.jsonl"
    with opened(tmp_path, batch_out=out) as calls, pytest.raises(PendingCalls):
        calls.answer(questions(5))
    keys = [json.loads(line)["custom_id"] for line in out.read_text().splitlines()]
    silent = [
        _line(keys[0], {"content": None, "reasoning": "The answer is B"}),
        _line(keys[1], {"content": None}, "SAFETY"),
    ]
    answers.write_text("\n".join([*silent, *(_line(key, {"content": "B"}) for key in keys[2:])]))
    with opened(tmp_path, batch_in=answers, batch_out=out) as calls:
        assert calls.imported[:5] == (3, 0, 1, 1, 0)
        with pytest.raises(PendingCalls, match="1 calls"):
            calls.answer(questions(5))
    with opened(tmp_path, batch_in=answers) as calls:
        assert calls.summary().calls == 6  # read again after it was written anew: taken for another answer
    assert [json.loads(line)["custom_id"] for line in out.read_text().splitlines()] == keys[:1]


def test_a_file_most_of_whose_answers_say_nothing_is_refused_with_an_example(tmp_path):
    out, answers = tmp_path / "calls.jsonl", tmp_path / "answers.jsonl"
    with opened(tmp_path, batch_out=out) as calls, pytest.raises(PendingCalls):
        calls.answer(questions(3))
    keys = [json.loads(line)["custom_id"] for line in out.read_text().splitlines()]
    thoughts = {"content": None, "reasoning_content": "The answer is B"}
    answers.write_text("\n".join([_line(keys[0], {"content": "B"}), *(_line(key, thoughts) for key in keys[1:])]))
    for _ in range(2):
        said = r"2 of its answers say nothing: .*“The answer is B”"
        with pytest.raises(InputError, match=said), opened(tmp_path, batch_in=answers):
            pass
    with opened(tmp_path, batch_out=out) as calls:
        assert calls.summary().calls == 3
        with pytest.raises(PendingCalls, match="2 calls"):
            calls.answer(questions(3))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("not JSON\n", r"answers\.jsonl: line 1 is no answer of the Batch API \(Expecting value"),
        ('{"custom_id": "x"}\n', "it has neither a response nor an error"),
        ('{"response": {}}\n', "it has no custom_id"),
        (
            '{"custom_id": "x", "response": null, "error": {"message": "m"}}\n',
            "none of its 1 lines answers a call of this",
        ),
    ],
)
def test_a_file_that_holds_no_answers_of_this_run(tmp_path, content, message):
    answers = tmp_path / "answers.jsonl"
    answers.write_text(content)
    with pytest.raises(InputError, match=message), opened(tmp_path, batch_in=answers):
        pass


def test_a_file_that_is_not_there(tmp_path):
    message = r"--batch-in .*nowhere\.jsonl: it cannot be read \(No such file"
    with pytest.raises(InputError, match=message), opened(tmp_path, batch_in=tmp_path / "nowhere.jsonl"):
        pass


DEEP = b'{"custom_id": "x", "response": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
POISON = {
    "deep": DEEP,
    "no JSON": b"not JSON",
    "a number beyond all": b'{"custom_id": "x", "response": ' + b"9" * 5000 + b"}",
    "no UTF-8": b'{"custom_id": "\xff"}',
    "too long": b'{"custom_id": "x", "response": "' + b"A" * 5_000_000 + b'"}',
    "another shape": b"[]",
}


@pytest.mark.parametrize("name", POISON)
def test_a_line_of_a_file_that_is_no_answer_is_left_out_alone_and_each_time(tmp_path, name):
    out, answers = tmp_path / "calls.jsonl", tmp_path / "answers.jsonl"
    with opened(tmp_path, batch_out=out) as calls, pytest.raises(PendingCalls):
        calls.answer(questions(3))
    keys = [json.loads(line)["custom_id"] for line in out.read_text().splitlines()]
    lines = [_line(key, {"content": f"B{number}"}).encode() for number, key in enumerate(keys)]
    answers.write_bytes(b"\n".join([lines[0], POISON[name], *lines[1:]]))
    for known in (0, 3):
        with opened(tmp_path, batch_in=answers) as calls:
            assert (calls.imported.answers + calls.imported.known, calls.imported.known) == (3, known)
            assert calls.imported.unreadable == 1
            assert calls.imported.fault.startswith("line 2 is no answer of the Batch API (")
            assert [reply.text for reply in calls.answer(questions(3))] == ["B0", "B1", "B2"]


@pytest.mark.parametrize("name", POISON)
def test_a_line_of_a_batch_that_is_no_answer_leaves_the_others_their_answers(tmp_path, name):
    with ModelServer() as server, opened(tmp_path, server.url, batch=True, tries=3) as calls:
        calls.answer([question(1000)])
        keep = server.api.batches._keep
        server.api.batches._keep = lambda content: keep(_poisoned(content, POISON[name]))
        outcomes = calls.answer(questions(6))
        assert answered(outcomes) == 5
        assert [outcome.reason for outcome in outcomes if not isinstance(outcome, Reply)] == ["gave-up"]


def _poisoned(content: bytes, line: bytes) -> bytes:
    """A file of answers whose first line is replaced; files of calls stay as they are."""
    first, *others = content.splitlines()
    return content if b'"method"' in first else b"\n".join([line, *others])


def test_a_key_in_a_file_of_answers_is_taken_out(tmp_path, monkeypatch):
    key = "sk-proj-AbCdEfGh0123456789IjKlMn"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    out, answers = tmp_path / "calls.jsonl", tmp_path / "answers.jsonl"
    with opened(tmp_path, batch_out=out) as calls, pytest.raises(PendingCalls):
        calls.answer(questions(2))
    keys = [json.loads(line)["custom_id"] for line in out.read_text().splitlines()]
    answers.write_text("\n".join(_line(name, {"content": f"B {key} \ud83d", "reasoning": key}) for name in keys))
    with opened(tmp_path, batch_in=answers) as calls:
        assert [reply.text for reply in calls.answer(questions(2))] == ["B [key] \ufffd"] * 2
    held = b"".join(path.read_bytes() for path in (tmp_path / "ledger").rglob("*") if path.is_file())
    assert key.encode() not in held


@pytest.mark.parametrize("to", ["POST /v1/files", "POST /v1/batches", "GET /v1/batches/", "GET /v1/files/"])
def test_redirects_of_batches_and_files_are_told_and_not_followed(tmp_path, to):
    with ModelServer() as server, ModelServer() as other, opened(tmp_path, server.url, batch=True) as calls:
        calls.answer([question(1000)])
        path = to.split(" ")[1]
        target = f"{other.url.removesuffix('/v1')}{path}"
        _says(server, Response(status=307, headers={"Location": target}), to=to)
        with pytest.raises(CallError, match=r"sends calls on \(307\) to http://127.0.0.1:\d+/v1.*--base-url http"):
            calls.answer(questions(3))
        assert other.counts.received == 0


def test_a_list_of_batches_without_an_end_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr("stvqa.teachers.calls.batch_service._MOST_PAGES", 5)
    with ModelServer() as server:
        with opened(tmp_path, server.url, batch=True) as calls:
            calls.answer(questions(3))
            _forget_id(calls)
        handle, asked = server.api.batches.handle, []

        async def handled(request, path):
            if request.method != "GET" or path != "/v1/batches":
                return await handle(request, path)
            asked.append(path)
            return json_response({"data": [{"id": f"of-others-{len(asked)}"}], "has_more": True})

        server.api.batches.handle = handled
        with opened(tmp_path, server.url, batch=True) as calls:
            assert answered(calls.answer(questions(4))) == 4
        assert len(asked) == 5


def test_a_file_of_answers_beyond_all_measure(tmp_path, monkeypatch):
    monkeypatch.setattr("stvqa.teachers.calls.batch_service._FILE_BYTES", 1000)
    with ModelServer() as server, opened(tmp_path, server.url, batch=True) as calls:
        calls.answer([question(1000)])
        with pytest.raises(CallError, match=r"cannot fetch file-.* longer than 1,000 bytes"):
            calls.answer(questions(20))


def test_a_file_of_answers_that_drips(tmp_path, monkeypatch):
    clock = SimpleNamespace(monotonic=itertools.count(0.0, 1e6).__next__)
    monkeypatch.setattr("stvqa.teachers.calls.batch_service.time", clock)
    with ModelServer() as server, opened(tmp_path, server.url, batch=True) as calls:
        calls.answer([question(1000)])
        with pytest.raises(CallError, match=r"sends file-.* too slowly \([\d,]+ bytes in 5 s\)"):
            calls.answer(questions(3))
