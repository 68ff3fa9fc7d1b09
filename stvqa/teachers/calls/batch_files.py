"""Batches by file, without a server: `--batch-out` writes the calls, `--batch-in` reads their answers.

write_calls(path, [KeyedRequest("3fa9...", request)], ...)       # one line a call, as the Batch API takes them
read_answers(path, ledger=ledger)                                # FileReport(answers=980, failures=20, ...)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from stvqa.errors import CallError, InputError, PendingCalls
from stvqa.store.atomic import atomic_file
from stvqa.store.ledger import FILE_OWNER, Ledger
from stvqa.store.ledger_rows import Claim, Intent
from stvqa.store.ownership import refuse_foreign_file
from stvqa.teachers.calls.abilities import Abilities
from stvqa.teachers.calls.batch_lines import BatchLine, lines_of, read_line, write_line
from stvqa.teachers.calls.billing import may_be_billed
from stvqa.teachers.calls.budget import Budget
from stvqa.teachers.calls.contract import CallFailure
from stvqa.teachers.calls.keys import KeyedRequest
from stvqa.teachers.calls.pictures import Pictures, PictureUnavailable, picture_urls
from stvqa.teachers.calls.refusals import Verdict, judge
from stvqa.teachers.calls.secret import Secret
from stvqa.teachers.calls.silence import unsaid
from stvqa.teachers.calls.wire import chat_body, output_limit

__all__ = ["FileReport", "read_answers", "refuse_foreign_calls", "write_calls"]

_CLAIMED_AT_ONCE = 500
_LINES_AT_ONCE = 500
_CALL_HEAD_BYTES = 1000
_BYTES_AT_ONCE = 16 * 1024 * 1024
_SILENT_SHARE = 0.5
"""Of the answers of a file; more that say nothing are a fault of how they were made, and told as one."""


class FileReport(NamedTuple):
    """What a file of answers held.

    Attributes:
        answers: written to the ledger.
        known: answers of calls that were answered before; left as they were.
        failures: calls that brought none, and are of no use to make again.
        open: calls that brought none and stay open (errors of the server, lines that were not come to).
        foreign: lines about calls that this run never made.
        unreadable: lines that are no answers; what they were about stays open.
        fault: of the first such line, in words.
    """

    answers: int
    known: int
    failures: int
    open: int
    foreign: int
    unreadable: int = 0
    fault: str = ""


class _Found(NamedTuple):
    """What was found in a file so far.

    Attributes:
        counts: by the names of `FileReport`.
        silences: why answers say nothing.
        faults: of lines that are no answers.
    """

    counts: dict[str, int]
    silences: list[str]
    faults: list[str]


class _Claimed(NamedTuple):
    """What may be written.

    Attributes:
        calls: ours to write.
        busy: calls under way elsewhere.
        full: those for which the limits leave no room.
    """

    calls: list[KeyedRequest]
    busy: int
    full: list[Intent]


def write_calls(
    path: Path,
    requests: Sequence[KeyedRequest],
    *,
    ledger: Ledger,
    pictures: Pictures,
    abilities: Abilities,
    budget: Budget,
) -> dict[str, CallFailure]:
    """Writes calls to a file and says so by raising; calls that failed for good are not written again.

    What they may cost is set aside until their answers come, or they are made in another way.

    Args:
        path: the file; an older one is replaced.
        requests: calls without an answer.
        ledger: where they are taken down as written to a file.
        pictures: of the calls.
        abilities: how the server that will work the file off wants to be asked, as far as is known.
        budget: what the calls may cost; those beyond it are not written.

    Returns:
        The failures, where nothing is left to be written.

    Raises:
        BudgetError: there is no room for a single one.
        CallError: all are under way elsewhere.
        PendingCalls: calls were written.
        StorageError: the file cannot be written, or holds something else than calls.
    """
    closed = ledger.closed(keyed.key for keyed in requests)
    failures = {key: CallFailure(key, *why) for key, why in closed.items()}
    claimed = _claimed([keyed for keyed in requests if keyed.key not in failures], ledger, abilities, budget)
    written: list[KeyedRequest] = []
    if claimed.calls:
        try:
            refuse_foreign_calls(path)
            with atomic_file(path) as file:
                for keyed in claimed.calls:
                    try:
                        urls = picture_urls(keyed.request, pictures)
                    except PictureUnavailable as error:
                        failures[keyed.key] = CallFailure(keyed.key, "image-unreadable", str(error))
                        continue
                    file.write(write_line(keyed.key, chat_body(keyed.request, abilities, urls=urls)))
                    written.append(keyed)
        except BaseException:
            _give_back([keyed.key for keyed in claimed.calls], ledger)
            raise
        _give_back([keyed.key for keyed in claimed.calls if keyed.key in failures], ledger)
    if written:
        raise PendingCalls(_told(path, written, claimed))
    if claimed.full:
        raise budget.exhausted(ledger.totals(), claimed.full[0])
    if claimed.busy:
        raise CallError(
            f"{claimed.busy:,} of the calls are under way in a batch or another process: wait for it, or cancel it"
        )
    return failures


def _claimed(requests: Sequence[KeyedRequest], ledger: Ledger, abilities: Abilities, budget: Budget) -> _Claimed:
    """Takes calls down as written to a file, as far as there is room."""
    claimed = _Claimed([], 0, [])
    for model in {keyed.request.model for keyed in requests}:
        budget.check(model)
    budget.check_paid(ledger.totals())
    for start in range(0, len(requests), _CLAIMED_AT_ONCE):
        some = requests[start : start + _CLAIMED_AT_ONCE]
        intents = [
            budget.intent(key, request, output_tokens=output_limit(request, abilities), batched=True)
            for key, request in some
        ]
        claims = ledger.claim(intents, owner=FILE_OWNER, fits=budget.fits).result()
        claimed.calls.extend(keyed for keyed, claim in zip(some, claims, strict=True) if claim is Claim.MINE)
        claimed.full.extend(intent for intent, claim in zip(intents, claims, strict=True) if claim is Claim.FULL)
        claimed = claimed._replace(busy=claimed.busy + claims.count(Claim.BUSY))
    return claimed


def _give_back(keys: Sequence[str], ledger: Ledger) -> None:
    """Sets nothing aside any longer for calls that stand in no file."""
    for future in [ledger.release(key, reason="", detail="", closed=False) for key in keys]:
        future.result()


def _told(path: Path, written: Sequence[KeyedRequest], claimed: _Claimed) -> str:
    told = (
        f"{len(written):,} calls of {_models(written)} are written to {path}: have them answered (the Batch API, or "
        f"`vllm run-batch -i {path} -o answers.jsonl --model MODEL`), then run the same command with "
        "--batch-in answers.jsonl"
    )
    if claimed.full:
        told += f"; {len(claimed.full):,} more do not fit the limit on their cost, and come when these are answered"
    if claimed.busy:
        told += f"; {claimed.busy:,} more are under way in a batch or another process"
    return told


def refuse_foreign_calls(path: Path) -> None:
    """Refuses to replace a file that holds something else than calls.

    Raises:
        StorageError: it does.
    """
    refuse_foreign_file(path, is_ours=_are_calls, what="a file of calls for the Batch API")


def _are_calls(head: bytes) -> bool:
    """Whether a file begins as one of calls; a line of it may be longer than what was read."""
    return head.startswith(b'{"custom_id":') and b'"method":' in head[:_CALL_HEAD_BYTES]


def read_answers(path: Path, *, ledger: Ledger) -> FileReport:
    """Takes the answers of a file into the ledger. The same file may be read any number of times.

    Raises:
        InputError: no such file, no line that is an answer, no line of this run, or answers most of which say nothing.
    """
    found = _Found(dict.fromkeys(FileReport._fields[:6], 0), [], [])
    try:
        with path.open("rb") as file:
            for some in _read(file, found):
                _take(some, ledger, found)
    except OSError as error:
        raise InputError(f"--batch-in {path}: it cannot be read ({error.strerror}): check its name") from error
    report = FileReport(**found.counts, fault=next(iter(found.faults), ""))
    if report.unreadable and not sum(report[:5]):
        raise InputError(f"--batch-in {path}: {found.faults[0]}: give a file of answers of the Batch API")
    if report.foreign and not sum(report[:4]):
        raise InputError(
            f"--batch-in {path}: none of its {report.foreign:,} lines answers a call of this run: give the answers to "
            "what --batch-out wrote for the same run folder"
        )
    if len(found.silences) > _SILENT_SHARE * (report.answers + report.known + len(found.silences)):
        raise InputError(
            f"--batch-in {path}: {len(found.silences):,} of its answers say nothing: {found.silences[0]}. The others "
            "are kept; have the rest answered anew (run with --batch-out)"
        )
    return report


def _read(file: BinaryIO, found: _Found) -> Iterator[list[BatchLine]]:
    """The answers of a file, some at a time; a line that is none is counted, and those behind it are read."""
    secret = Secret.of_environment()
    some: list[BatchLine] = []
    size = 0
    for number, text in enumerate(lines_of(file), start=1):
        try:
            some.append(read_line(text, secret=secret))
        except ValueError as error:
            found.counts["unreadable"] += 1
            if not found.faults:
                found.faults.append(f"line {number} is no answer of the Batch API ({secret.shown(str(error))})")
        size += len(text or b"")
        if len(some) >= _LINES_AT_ONCE or size >= _BYTES_AT_ONCE:
            yield some
            some, size = [], 0
    yield some


def _take(lines: Sequence[BatchLine], ledger: Ledger, found: _Found) -> None:
    """Takes some lines into the ledger, durably."""
    keys = [line.key for line in lines]
    known, answered, owners = ledger.known(keys), ledger.answers(keys), ledger.owners(keys)
    futures = []
    for line in lines:
        if line.key not in known:
            found.counts["foreign"] += 1
            continue
        if line.key in answered:
            found.counts["known"] += 1
            continue
        verdict = _failure(line)
        # What says nothing was paid for too, once, however often the file is read.
        if line.answer is not None and (verdict is None or owners.get(line.key) == FILE_OWNER):
            futures.append(ledger.record(line.key, line.answer, final=verdict is None))
        if verdict is None:
            found.counts["answers"] += 1
            continue
        if line.answer is not None:
            found.silences.append(verdict.detail)
        if line.answer is None and may_be_billed(verdict) and owners.get(line.key) == FILE_OWNER:
            futures.append(ledger.lose(line.key, reason=verdict.reason))
        closed = verdict.kind in ("fail", "learn")
        futures.append(ledger.release(line.key, reason=verdict.reason, detail=verdict.detail, closed=closed))
        found.counts["failures" if closed else "open"] += 1
    for future in futures:
        future.result()


def _failure(line: BatchLine) -> Verdict | None:
    """Why a line holds no answer that says anything; None for one that does."""
    if line.answer is not None:
        return unsaid(line.answer, secret=Secret(""))
    assert line.refusal is not None, "a line has an answer or a refusal"
    return judge(line.refusal, model="the model", url="the server", images=False)


def _models(requests: Sequence[KeyedRequest]) -> str:
    return ", ".join(sorted({keyed.request.model for keyed in requests}))
