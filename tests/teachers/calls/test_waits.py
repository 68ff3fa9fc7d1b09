"""When to come back, in all the ways that servers say it; what says nothing is never taken for a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from stvqa.teachers.calls.waits import asked_wait, reset_wait


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "7m12s"}, 432.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e400"}, None),
        ({"retry-after": "-inf"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "-3", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "9" * 8000 + "!"}, None),
        ({"retry-after": "1" * 70 + "s"}, 1.1111111111111111e69),
        ({"retry-after": "Sat, 99 Xxx 2026 99:99:99 GMT"}, None),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, None),
        ({"retry-after": "1"}, 1.0),
        ({"retry-after": "1000000000"}, None),
    ],
)
def test_by_header(headers, seconds):
    assert asked_wait(headers, None, "") == seconds


@pytest.mark.parametrize("write", [lambda when: format_datetime(when, usegmt=True), datetime.isoformat])
def test_a_date_to_wait_for(write):
    now = datetime.now(UTC)
    assert 85 < (asked_wait({"retry-after": write(now + timedelta(seconds=90))}, None, "") or 0) <= 90
    assert asked_wait({"retry-after": write(now - timedelta(days=1))}, None, "") is None
    far = asked_wait({"retry-after": write(now + timedelta(days=365_000))}, None, "")
    assert far == pytest.approx(365_000 * 86_400, abs=5)


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("You exceeded your current quota. Please retry in 2.3s.", 2.3),
        ("Please retry in 41.238726503s.", 41.238726503),
        ("Rate limit reached for model x: Limit 6000, Used 5800. Please try again in 7m12s.", 432.0),
        ("Please try again in 1m26.4s. Need more tokens? Visit us", 86.4),
        ("Please try again in 6ms.", 0.006),
        ("Please try again in 1h2m3.5s.", 3723.5),
        ("Please retry after 26 seconds.", 26.0),
        ("Please retry your request after 10 secs", 10.0),
        ("Please wait 3 seconds", 3.0),
        ("Try again in 2 minutes and 3 seconds", 123.0),
        ("The limit resets in 30 minutes", 1800.0),
        ("Please try again later", None),
        ("wait 5 more calls", None),
        ("Limit 20 requests a minute. Try again.", None),
        ("", None),
    ],
)
def test_in_words(words, seconds):
    found = asked_wait({}, None, words)
    assert found == (None if seconds is None else pytest.approx(seconds))


def test_by_fields_of_the_error():
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2.5s"}
    assert asked_wait({}, [{"error": {"code": 429, "details": [{"violations": []}, info]}}], "try again in 9s") == 2.5
    assert asked_wait({}, {"error": "Model is loading", "estimated_time": 20.5}, "") == 20.5
    passed_on = {"error": {"message": "x", "metadata": {"headers": {"Retry-After": "4"}}}}
    assert asked_wait({}, passed_on, "") == 4.0
    assert asked_wait({}, {"error": {"retry_after": True}}, "") is None


def test_when_limits_start_anew():
    headers = {
        "x-ratelimit-remaining-requests": "12",
        "x-ratelimit-reset-requests": "1h",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "6m0s",
    }
    assert reset_wait(headers) == 360.0
    assert reset_wait({"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "1s"}) is None
    later = datetime.now(UTC) + timedelta(seconds=60)
    found = {
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": later.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    assert 55 < (reset_wait(found) or 0) <= 60
    for moment in (later.timestamp(), later.timestamp() * 1000):
        assert 55 < (reset_wait({"x-ratelimit-reset": f"{moment:.0f}"}) or 0) <= 61
    assert reset_wait({}) is None
