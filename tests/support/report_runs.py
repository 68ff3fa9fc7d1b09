"""Run folders made by hand for tests of the report: hostile words, votes, refusals, missing images."""

from __future__ import annotations

import io
import json

from PIL import Image
from questions import question
from scenes import scene, thing

from stvqa.completion import build_row
from stvqa.records import Prospect, Question, Rejection, Vote
from stvqa.stages.package import Package, PackedRow
from stvqa.store import RunFile, StageEntry, StageStatistics, write_json, write_part
from stvqa.teachers.llm import WrittenQuestion

HOSTILE = (
    "<script>window.hacked = true</script>",
    "</script><img src=x onerror='window.hacked = true'>",
    "<!-- <script>",
    "quotes \" and ' and ` and & and &lt;b&gt;",
    "👩🏽‍🚀 astronaut 🇺🇳",
    "כוס על השולחן",
    "javascript:window.hacked=true",
    "line\u2028separator\u0000nul",
)


def picture(shade, *, size=(320, 240)):
    """A JPEG of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, (shade % 256, 90, 160)).save(buffer, "JPEG")
    return buffer.getvalue()


def hostile_question(number, name, **changes):
    """The hostile thing is to the left of the table."""
    graph = scene(
        [thing("cup.1", (40, 80, 120, 200), name=name), thing("table.1", (180, 60, 300, 220), name="table")],
        [("cup.1", "next to", "table.1")],
        width=320,
        height=240,
        image_id=f"test:{number}",
    )
    return question(
        focus=graph,
        text=f"Is the {name} to the left or to the right of the table?",
        options=(f"Left of it, {name}", "To the right"),
        question_id=f"test:{number}/relation/1",
        **changes,
    )


def votes(number):
    """Two who saw the image, one of them mirrored and wrong for every third question; one who did not."""
    return (
        Vote(verifier="judge-a", rotation=0, choice=0, reply="(A) <b>left</b>"),
        Vote(verifier="judge-a", rotation=1, mirrored=True, choice=0 if number % 3 == 0 else 1, reply="B"),
        Vote(verifier="judge-a", blind=True, choice=number % 2, reply="I guess A"),
    )


def packed(number, question, *, split="train", image=None, **changes):
    """A row as `package` writes it."""
    row = build_row(question, number % len(question.options), chance=number)
    row = row.model_copy(update=changes)
    data = picture(number * 20) if image is None else image
    return PackedRow(row=row, split=split, image=data, path=f"{number}.jpg")


def write_set(folder, rows):
    """`folder/data/` with the rows of each split in one file."""
    package = Package()
    parts = []
    for split in ("train", "val"):
        members = [row for row in rows if row.split == split]
        if members:
            parts.append(folder / f"part-{split}.parquet")
            package.write(parts[-1], members)
    target = folder / "dataset"
    target.mkdir(parents=True)
    package.publish(parts, target)
    for part in parts:
        part.unlink()
    return target


def hostile_rows():
    """One row for each hostile name; then a row without its image, one with a damaged image, one whose program gives
    another answer, one without a program, and one with votes that nobody can read."""
    rows = [
        packed(
            number,
            hostile_question(
                number,
                name,
                votes=votes(number),
                verifier="judge-a",
                blind_correct=number % 2 == 0,
                level=("easy", "medium", "hard")[number % 3],
            ),
            split="val" if number == 1 else "train",
        )
        for number, name in enumerate(HOSTILE)
    ]
    rows.append(packed(20, hostile_question(20, "cup without image"), image=b""))
    rows.append(packed(21, hostile_question(21, "cup with a damaged image"), image=picture(3)[:200]))
    wrong = hostile_question(22, "cup with a wrong answer", answer=1)
    rows.append(packed(22, wrong))
    told = hostile_question(23, "cup without a program", program=None, evidence="teacher", teacher="gpt", margin=None)
    rows.append(packed(23, told))
    rows.append(packed(24, hostile_question(24, "cup with odd votes"), votes="not json"))
    return rows


def refusals(question):
    """What three stages refused."""
    return {
        "load": [
            Rejection(stage="load", reason="box-outside", record_id=f"test:{n}/{n}", detail=f"box {n}", scope="part")
            for n in range(150)
        ],
        "check": [
            Rejection(
                stage="check",
                reason="option-also-true",
                record_id=question.question_id,
                detail=f"also true: {HOSTILE[0]}",
                payload=question.model_dump_json(exclude={"focus", "shortcuts"}),
            )
        ],
        "generate": [
            Rejection(stage="generate", reason="no-words", record_id="test:31/size/1", detail="no name"),
            Rejection(
                stage="generate",
                reason="claims-unreadable",
                record_id="test:32/size/1",
                detail="not a claim",
                payload=WRITTEN.model_dump_json(),
            ),
        ],
    }


WRITTEN = WrittenQuestion(
    item=1,
    question="Where is the cup?",
    options=("Here", "There"),
    answer="B",
    program=("here(cup.1)", "there(<u>)"),
    level="easy",
    rating=3,
    why="it is",
)
VERIFIED = {
    "verifiers": ["judge-a"],
    "policy": "two_of",
    "judged": 20,
    "accepted": 13,
    "undecided": [],
    "refused": {"verifier-disagrees": 7},
    "canaries": {"planted": 10, "accepted": 1, "rate": 0.1},
    "label_error": {"estimate": 0.01, "upper": 0.042, "confidence": 0.95},
    "categories": {"relation": {"judged": 20, "accepted": 13, "rate": 0.65}},
}


def hostile_run(folder, *, state="complete", rows=None, name="<i>run</i> & co"):
    """A whole run folder with everything that a report shows."""
    refused = hostile_question(30, "refused <b>cup</b>")
    lists = refusals(refused)
    prospects = [prospect_of(hostile_question(number, "unworded"), number) for number in (31, 32)]
    parts = {"plan": (prospects, Prospect), "generate": ([refused], Question)}
    write_set(folder, hostile_rows() if rows is None else rows)
    entries = []
    for number, stage in enumerate(("load", "plan", "generate", "check", "verify", "package"), start=1):
        entry = StageEntry(
            number=number,
            stage=stage,
            folder=f"{number:02d}-{stage}-0",
            hash=f"{stage}-hash",
            statistics=statistics_of(stage, lists.get(stage, [])),
        )
        entries.append(entry)
        if stage in parts:
            write_part(folder / entry.folder / "part-00000.parquet", parts[stage][0], model=parts[stage][1])
        if stage in lists:
            write_part(folder / entry.folder / "rejected.parquet", lists[stage], model=Rejection)
    run_file = RunFile(
        stvqa="0.0.0",
        name=name,
        seed=7,
        state=state,
        error="" if state == "complete" else f"because {HOSTILE[0]}",
        dataset="package-hash",
        recipe={"name": name, "stages": []},
        versions={"python": "3"},
        stages=tuple(entries),
    )
    write_json(folder / "run.json", run_file)
    return folder


def statistics_of(stage, rejections):
    spent = {"calls": 42, "input_tokens": 9000, "output_tokens": 800, "usd": 0.0123}
    paid = {**spent, "models": {"judge-a": spent}} if stage == "verify" else {}
    figures = VERIFIED if stage == "verify" else {}
    counts = {}
    for item in rejections:
        counts[item.reason] = counts.get(item.reason, 0) + 1
    return StageStatistics(records_in=20, records_out=13, rejected=counts, figures=figures, seconds=1.5, **paid)


def prospect_of(worded, number):
    """What the question was before it had words."""
    fields = json.loads(worded.model_dump_json())
    kept = {name: fields[name] for name in Prospect.model_fields if name in fields}
    return Prospect(**kept, prospect_id=f"test:{number}/size/1")


def many_rows(count):
    """Plain rows of many images."""
    return [packed(number, hostile_question(number, f"cup {number}")) for number in range(count)]
