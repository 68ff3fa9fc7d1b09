from __future__ import annotations

from collections import deque
from datetime import date

import pytest
from calling import opened, question, questions
from hypothesis import given
from hypothesis import strategies as st
from model_server import Faults, ModelServer, Traits

from stvqa.errors import BudgetError, CallError, InputError
from stvqa.records import ImageReference
from stvqa.store.ledger_rows import Spent
from stvqa.teachers.calls import Message, Picture, Reply
from stvqa.teachers.calls.counting import count_image, count_input
from stvqa.teachers.calls.prices import ImageCount, Price, load_prices


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def spent(model="gpt-4o", **changes) -> Spent:
    return Spent("verify", model, "vote", False, 10, 0, 1_000_000, 100_000, 400_000)._replace(**changes)


def test_the_list_has_a_date_and_names_stand_for_their_versions():
    prices = load_prices()
    assert prices.as_known == date(2025, 8, 31)
    assert prices.of("gpt-4o-2024-08-06") == prices.of("openai/gpt-4o") == prices.models["gpt-4o"]
    assert prices.of("gpt-4o-mini") == prices.models["gpt-4o-mini"]
    assert prices.of("gpt-4") is None
    assert prices.of("gpt-4o-audio") is None
    assert all(price.cached is not None and price.cached <= price.input for price in prices.models.values())


def test_tokens_cost_what_the_list_says():
    # 0.6 M at 2.50, 0.4 M cached at 1.25, 0.1 M output at 10.
    assert load_prices().usd([spent()]) == pytest.approx(0.6 * 2.5 + 0.4 * 1.25 + 0.1 * 10)
    assert load_prices().usd([spent(batched=True)]) == pytest.approx(1.5)
    assert load_prices().usd([]) == 0


def test_an_unknown_price_stays_unknown():
    assert load_prices().usd([spent(), spent("my-own")]) is None
    assert load_prices().estimated_usd(spent("my-own", most_input=5)) is None


def test_what_nobody_counted_costs_the_most_that_it_can():
    uncounted = spent(uncounted=1, lost=1, most_input=1_000, most_output=100)
    assert load_prices().estimated_usd(uncounted) == pytest.approx(0.0035)
    assert load_prices().usd([uncounted]) == pytest.approx(load_prices().usd([spent()]) + 0.0035)
    assert load_prices().estimated_usd(uncounted._replace(batched=True)) == pytest.approx(0.00175)


def test_a_list_of_ones_own(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text('as_known = 2026-01-01\n[models."mine"]\ninput = 1.0\noutput = 2.0\n')
    assert load_prices(path).usd([spent("mine")]) == pytest.approx(1.2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("as_known = [", "cannot be read as TOML"),
        ('as_known = 2026-01-01\n[models."mine"]\ninput = -1\noutput = 2.0\n', r"models\.mine\.input: .*greater than"),
        ("models = {}", "as_known: Field required"),
    ],
)
def test_a_list_that_is_none(tmp_path, content, message):
    path = tmp_path / "prices.toml"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        load_prices(path)
    with pytest.raises(InputError, match="there is no such file"):
        load_prices(tmp_path / "other.toml")


def test_dollars_with_an_unknown_price_are_refused_before_any_call(tmp_path):
    with ModelServer() as server, opened(tmp_path, server.url, max_usd=1.0) as calls:
        with pytest.raises(CallError, match=r"the price of some-model is unknown .*2025-08-31.*--max-calls"):
            calls.answer(questions(3))
        assert server.counts.received == 0


def test_calls_stop_at_their_number_and_a_higher_one_goes_on(tmp_path):
    with ModelServer(faults=Faults(rates={"server-error": 0.2})) as server:
        for limit, made in ((7, 7), (7, 7), (12, 12)):
            with opened(tmp_path, server.url, max_calls=limit) as calls:
                with pytest.raises(BudgetError, match=f"--max-calls {limit}: this run has made {made} calls"):
                    calls.answer(questions(20))
                assert calls.summary().calls == server.counts.answered.total() == made
        with opened(tmp_path, server.url, max_calls=20) as calls:
            assert all(isinstance(outcome, Reply) for outcome in calls.answer(questions(20)))
        assert max(server.counts.answered.values()) == 1


@pytest.mark.parametrize("concurrency", [1, 8])
def test_dollars_are_never_passed_and_nearly_used_up(tmp_path, concurrency):
    with ModelServer() as server:
        with opened(tmp_path, server.url, max_usd=0.004, concurrency=concurrency) as calls:
            with pytest.raises(BudgetError, match=r"--max-usd 0.004: this run has spent \$0.00"):
                calls.answer(questions(500, model="gpt-4o", image="x.jpg"))
            paid = calls.summary().usd
        assert 0.0025 < paid <= 0.004
        assert server.counts.answered.total() > 5


def test_answers_that_nobody_counted_use_up_the_dollars_too_wave_after_wave(tmp_path):
    with ModelServer(faults=Faults(rates={"no-usage": 1.0})) as server:
        with opened(tmp_path, server.url, max_usd=0.004, concurrency=1) as calls, pytest.raises(BudgetError):
            deque(calls.answer([one]) for one in questions(40, model="gpt-4o", image="x.jpg"))
        assert 1 <= server.counts.answered.total() < 15


def test_answers_from_the_ledger_are_free(tmp_path):
    with ModelServer() as server:
        with opened(tmp_path, server.url) as calls:
            calls.answer(questions(5))
        with opened(tmp_path, server.url, max_calls=0) as calls:
            assert all(outcome.from_ledger for outcome in calls.answer(questions(5)))


def test_usage_by_stage_model_and_purpose(tmp_path):
    with ModelServer(traits=Traits()) as server, opened(tmp_path, server.url) as calls:
        calls.answer(questions(4, model="gpt-4o"))
        calls.answer(
            [question(9, model="gpt-4o", purpose="blind"), question(1, model="o3"), question(2, stage="generate")]
        )
        usage = calls.usage("verify")
        assert {name: (one.calls, one.purposes) for name, one in usage.items()} == {
            "gpt-4o": (5, {"blind": 1, "vote": 4}),
            "o3": (1, {"vote": 1}),
        }
        assert usage["gpt-4o"].usd > usage["o3"].usd > 0
        assert calls.usage("generate")["some-model"].usd is None
        assert calls.summary().calls == 7
        assert calls.summary().usd is None


def picture(width: int, height: int, cap: int = 10**9) -> Picture:
    return Picture(ImageReference(kind="placeholder"), width, height, cap)


@pytest.mark.parametrize(
    ("size", "tokens"),
    [
        ((512, 512), 85 + 170),
        ((513, 512), 85 + 340),
        # scaled to 768 x 768: four tiles; to 2048 x 1024 and then to 1536 x 768: six
        ((1024, 1024), 85 + 4 * 170),
        ((4096, 2048), 85 + 6 * 170),
    ],
)
def test_tiles(size, tokens):
    rule = ImageCount(kind="tiles", base=85, each=170)
    assert count_image(picture(*size), rule) == (tokens, tokens)


def test_patches_are_counted_up_to_a_limit():
    rule = ImageCount(kind="patches", side=32, most=1536, factor=1.62)
    assert count_image(picture(320, 320), rule) == (162, 162)
    assert count_image(picture(4000, 4000), rule).high == pytest.approx(1536 * 1.62, abs=1)
    assert count_image(picture(4000, 4000, 320 * 320), rule) == (162, 162)


def test_an_unknown_model_gets_a_wider_range():
    known = count_input(question(1, image="x.jpg"), load_prices().of("gpt-4o"))
    unknown = count_input(question(1, image="x.jpg"), None)
    assert unknown.low < known.low
    assert unknown.high >= known.high


@given(st.text(max_size=300), st.booleans())
def test_ranges_are_ranges(text, image):
    images = (picture(640, 480),) if image else ()
    one = question(1)._replace(messages=(Message("user", text, images),))
    low, high = count_input(one, Price(input=1, output=1))
    assert 0 < low <= high


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 50_000, "a = " + "9" * 5000, "# " * 600_000, "a = 2026-13-45", "\x00"], ids=range(5)
)
def test_a_price_list_of_any_text_is_one_message(tmp_path, text):
    path = tmp_path / "prices.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"cannot be read as TOML|more than 1,000,000 bytes"):
        load_prices(path)
