"""What a stop, an error that nobody foresaw and a second Ctrl-C do to calls that wait and calls that are under way."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from calling import PLAIN_PICTURES, question, questions

from stvqa.errors import BudgetError, CallError
from stvqa.store.ledger import Ledger
from stvqa.store.ledger_rows import Answer, Intent
from stvqa.teachers.calls import CallOptions
from stvqa.teachers.calls.budget import Budget
from stvqa.teachers.calls.keys import KeyedRequest, call_key
from stvqa.teachers.calls.live import Live
from stvqa.teachers.calls.options import find_server
from stvqa.teachers.calls.pictures import Pictures, PictureUnavailable
from stvqa.teachers.calls.prices import load_prices
from stvqa.teachers.calls.refusals import Verdict
from stvqa.teachers.calls.rendering import Rendering
from stvqa.teachers.calls.secret import Secret
from stvqa.teachers.calls.workers import Workers

LONG = 900.0
ANSWER = Answer("A", "served", "stop", 10, 1)
ENOUGH = CallError("enough")

Act = Callable[["Studio", str], Awaitable[Answer | Verdict]]


class ScriptedEndpoint:
    """A server whose every try is played by a function."""

    def __init__(self, studio: Studio, act: Act) -> None:
        self.server = find_server(CallOptions(base_url="http://127.0.0.1:9/v1"))
        self.secret = Secret("")
        self._studio, self._act = studio, act

    async def ask(self, body, *, key, images):
        self._studio.was_sent(key)
        return await self._act(self._studio, key)


class Studio:
    """Live calls on a scripted server."""

    def __init__(self, folder, act: Act, *, max_calls=None, **options) -> None:
        self.ledger = Ledger.open(folder / "ledger")
        self.pictures = Pictures(PLAIN_PICTURES)
        self.threads = ThreadPoolExecutor(2)
        self.runner = asyncio.Runner()
        self.run = self.runner.run
        self.asked: list[str] = []
        self._more = asyncio.Event()
        self.go_on = asyncio.Event()
        self.live = Live(
            ScriptedEndpoint(self, act),
            ledger=self.ledger,
            pictures=self.pictures,
            budget=Budget(load_prices(None), max_usd=None, max_calls=max_calls),
            options=CallOptions(**({"concurrency": 4, "backoff_seconds": 0.01} | options)),
            threads=self.threads,
        )

    def keyed(self, requests) -> list[KeyedRequest]:
        return [KeyedRequest(call_key(request, digest=self.pictures.digest), request) for request in requests]

    async def all_wait(self) -> None:
        """Lets every call come to where it waits."""
        for _ in range(50):
            await asyncio.sleep(0.001)

    async def sent(self, count: int) -> None:
        """Waits until so many calls were sent."""
        async with asyncio.timeout(60):
            while len(self.asked) < count:
                self._more.clear()
                await self._more.wait()

    def was_sent(self, key: str) -> None:
        self.asked.append(key)
        self._more.set()

    async def resolve(self, requests):
        async with asyncio.timeout(60):
            return await self.live.resolve(self.keyed(requests))

    def close(self) -> None:
        self.threads.shutdown()
        self.ledger.close()
        self.runner.close()


@pytest.fixture
def studio(tmp_path):
    made: list[Studio] = []

    def make(act: Act, **options) -> Studio:
        made.append(Studio(tmp_path, act, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def settled(studio: Studio) -> None:
    """What the server can do is known from here on, so that calls go out side by side."""
    one = question(10_000)
    studio.live.learning.answered(one, ANSWER)
    studio.live.learning.answered(one._replace(temperature=None), ANSWER)


def in_ledger(studio: Studio, requests) -> int:
    return len(studio.ledger.answers(keyed.key for keyed in studio.keyed(requests)))


@pytest.mark.parametrize(
    "told", [Verdict("limited", "rate-limited", "429", LONG), Verdict("retry", "server-error", "503", LONG)]
)
def test_a_stop_wakes_all_who_wait_for_the_end_of_a_pause_and_lands_what_is_under_way(studio, told):
    async def act(studio: Studio, key: str):
        if len(studio.asked) == 2:
            await studio.sent(4)
            return told
        await studio.go_on.wait()
        return ANSWER

    async def work() -> None:
        running = asyncio.create_task(calls.resolve(requests))
        await calls.sent(4)
        await calls.all_wait()
        calls.live.stop(ENOUGH)
        await calls.all_wait()
        calls.go_on.set()
        await running

    calls = studio(act)
    settled(calls)
    requests = questions(40)
    with pytest.raises(CallError, match="enough"):
        calls.run(work())
    assert in_ledger(calls, requests) == len(calls.asked) - 1, "all but the one that was told to wait"
    assert len(calls.asked) <= 5, "nothing is sent after the stop"
    calls.ledger.close()
    assert_nothing_left_open(calls)


def assert_nothing_left_open(studio: Studio) -> None:
    again = Ledger.open(studio.ledger.folder)
    assert again.interrupted == 0
    again.close()


def test_a_stop_wakes_those_who_wait_for_the_first_call_of_their_kind(studio):
    async def act(studio: Studio, key: str):
        asyncio.get_running_loop().call_later(0.05, studio.live.stop, ENOUGH)
        return Verdict("retry", "server-error", "503", LONG)

    calls = studio(act)
    with pytest.raises(CallError, match="enough"):
        calls.run(calls.resolve(questions(20)))
    assert len(calls.asked) == 1


def test_a_stop_wakes_those_who_wait_for_money(studio):
    async def act(studio: Studio, key: str):
        if len(studio.asked) == 2:
            await studio.all_wait()
            studio.live.stop(ENOUGH)
            studio.go_on.set()
        await studio.go_on.wait()
        return ANSWER

    calls = studio(act, max_calls=2)
    settled(calls)
    requests = questions(20)
    with pytest.raises(CallError, match="enough"):
        calls.run(calls.resolve(requests))
    assert in_ledger(calls, requests) == 2


def test_a_stop_wakes_those_who_wait_for_another_process(studio, tmp_path):
    async def act(studio: Studio, key: str):
        studio.live.stop(ENOUGH)
        return ANSWER

    calls = studio(act)
    settled(calls)
    requests = questions(8)
    other = Ledger.open(tmp_path / "ledger")
    other.claim([Intent(keyed.key, "verify", "vote", "some-model") for keyed in calls.keyed(requests[:-1])]).result()
    with pytest.raises(CallError, match="enough"):
        calls.run(calls.resolve(requests))
    assert in_ledger(calls, requests) == 1
    assert len(other.owners(keyed.key for keyed in calls.keyed(requests))) == 7, "they are still the other one's"
    other.close()


def test_a_stop_wakes_those_who_wait_for_their_images(studio, monkeypatch):
    seen = threading.Event()

    def rendered(self, picture):
        assert seen.wait(30)
        return "data:image/jpeg;base64,"

    async def act(studio: Studio, key: str):
        await studio.all_wait()
        studio.live.stop(ENOUGH)
        return ANSWER

    monkeypatch.setattr(Pictures, "data_url", rendered)
    calls = studio(act)
    settled(calls)
    with pytest.raises(CallError, match="enough"):
        calls.run(calls.resolve([question(0), *questions(5, image="a.jpg")]))
    seen.set()
    assert len(calls.asked) == 1


def test_a_stop_before_anything_began_is_not_forgotten(studio):
    async def act(studio: Studio, key: str):
        return ANSWER

    async def work() -> None:
        calls.live.stop(ENOUGH)
        with pytest.raises(CallError, match="enough"):
            await calls.resolve(questions(5))
        assert calls.asked == []
        assert await calls.resolve(questions(5)) == {}, "it ended one run, not all of them"

    calls = studio(act)
    calls.run(work())
    assert in_ledger(calls, questions(5)) == 5


def broken(*_: object, **__: object):
    raise LookupError("nobody foresaw that, sk-123456789 neither")


STEPS = {
    "rendering": "stvqa.teachers.calls.pictures.Pictures.data_url",
    "wire": "stvqa.teachers.calls.live.chat_body",
    "money": "stvqa.teachers.calls.budget.Budget.intent",
    "learning": "stvqa.teachers.calls.learning.Learning.answered",
    "asking again": "stvqa.teachers.calls.live.unsaid",
    "ledger, claim": "stvqa.store.ledger.open_call",
    "ledger, answer": "stvqa.store.ledger.record",
    "endpoint": None,
    "on_end": None,
}


@pytest.mark.parametrize("step", STEPS)
def test_an_error_that_nobody_foresaw_is_one_message_and_the_others_land(studio, monkeypatch, step):
    """Three calls are under way when a fourth one breaks off."""
    requests = [*questions(3), *(question(number, image=f"{number}.jpg") for number in range(30))]
    at_once = 4 if step == "endpoint" else 3

    async def act(studio: Studio, key: str):
        if key in first:
            await studio.go_on.wait()
            await studio.all_wait()
        elif step == "endpoint" and not studio.go_on.is_set():
            broken()
        return ANSWER

    calls = studio(act, concurrency=at_once)
    settled(calls)
    calls.live.learning.answered(question(1, image="a.jpg"), ANSWER)
    calls.live.learning.sees("some-model")
    first = {keyed.key for keyed in calls.keyed(requests[:3])}

    async def work() -> None:
        running = asyncio.create_task(calls.resolve(requests))
        await calls.sent(at_once)
        if STEPS[step]:
            monkeypatch.setattr(STEPS[step], broken)
        elif step == "on_end":
            calls.live.on_end = broken
        calls.go_on.set()
        await running

    with pytest.raises(CallError) as told:
        calls.run(work())
    message = str(told.value)
    assert message.count("LookupError: nobody foresaw that") == 1
    assert "sk-123456789" not in message
    assert any(
        f"call {keyed.key} (vote of stage verify, model some-model)" in message for keyed in calls.keyed(requests)
    )
    assert isinstance(told.value.__cause__, LookupError), "--debug shows where"
    monkeypatch.undo()
    kept = in_ledger(calls, requests)
    assert kept >= (0 if step == "ledger, answer" else 3), "what was under way is written down"
    calls.live.on_end = lambda: None
    calls.run(calls.resolve([request for request in requests if not in_ledger(calls, [request])]))
    assert in_ledger(calls, requests) == len(requests), "the same run goes on"


def test_a_second_interruption_ends_calls_in_the_middle_and_keeps_what_came(studio):
    async def act(studio: Studio, key: str):
        if len(studio.asked) > 4:
            await studio.go_on.wait()  # which never comes
        return ANSWER

    async def work() -> None:
        running = asyncio.create_task(calls.resolve(requests))
        await calls.sent(8)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    calls = studio(act)
    settled(calls)
    requests = questions(20)
    calls.run(work())
    assert calls.ledger.claim([Intent("other", "verify", "vote", "m")]).result(30), "the writer is still at work"
    calls.ledger.release("other", reason="", detail="", closed=False).result(30)
    assert in_ledger(calls, requests) == 4
    calls.ledger.close()
    again = Ledger.open(calls.ledger.folder)
    assert again.interrupted == 4, "calls that were sent and not answered may have been paid"
    again.close()


def test_a_claim_on_its_way_to_the_disk_is_given_back_by_an_interruption(studio):
    """The writer is slow; nothing was sent, so nothing may have been paid, and another process's claim stays."""

    async def act(studio: Studio, key: str):
        raise AssertionError("nothing is sent")

    async def work() -> None:
        running = asyncio.create_task(calls.resolve(requests))
        await calls.all_wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        disk.set()

    calls = studio(act)
    settled(calls)
    requests = questions(3)
    theirs, *ours = (keyed.key for keyed in calls.keyed(requests))
    other = Ledger.open(calls.ledger.folder)
    other.claim([Intent(theirs, "verify", "vote", "some-model")]).result(30)
    disk = threading.Event()
    calls.ledger._writer.submit(lambda connection: disk.wait(60))
    calls.run(work())
    calls.ledger.close()
    assert other.interrupted == 0
    assert set(other.owners([theirs, *ours])) == {theirs}
    assert other.known(ours) == set(ours)
    other.close()


@pytest.mark.parametrize("error", [CallError("401"), BudgetError("spent")])
def test_what_is_under_way_has_a_time_of_grace_and_all_of_it_where_the_money_is_spent(error):
    workers, told, landing = Workers(grace_seconds=0.01), [], asyncio.Event()

    async def work() -> None:
        with workers.to_its_end():
            workers.stop(error)
            await asyncio.wait([asyncio.create_task(landing.wait())], timeout=0.2)
            told.append("landed")

    async def settled() -> None:
        told.append("settled")

    with pytest.raises(type(error)):
        asyncio.run(workers.run(work, count=1, settled=settled))
    assert told == (["landed", "settled"] if isinstance(error, BudgetError) else ["settled"])


def test_an_image_that_fails_after_a_stop_is_told_to_nobody(caplog):
    go_on = threading.Event()

    class Slow(Pictures):
        def data_url(self, picture):
            go_on.wait(60)
            raise PictureUnavailable("no such file")

    async def work() -> None:
        with ThreadPoolExecutor(1) as threads:
            asked = asyncio.create_task(Rendering(Slow(PLAIN_PICTURES), threads).urls(question(1, image="a.jpg")))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            go_on.set()
        await asyncio.sleep(0)
        gc.collect()

    asyncio.run(work())
    gc.collect()
    assert "never retrieved" not in caplog.text
