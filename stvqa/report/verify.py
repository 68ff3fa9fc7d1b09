"""Verifies a finished set with verifier `rules`: runs every proof again, from the published rows alone.

    report = verify_dataset(Path("runs/demo/dataset"))
    report.failures      # ()

Nothing of the run but the set itself is read, so anyone who has the set can do the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from stvqa.completion import (
    LETTERS,
    CellUnreadable,
    Completion,
    parse,
    read_proof,
    read_votes,
    render,
    render_options,
    render_scene,
    row_id,
)
from stvqa.errors import InputError
from stvqa.geometry import difference_hash, hash_distance, near_duplicates
from stvqa.pictures import ImageSize, ImageUnreadable, decode, picture_header
from stvqa.programs.claims import categories_of
from stvqa.programs.decide import Decider
from stvqa.programs.inspect import Fault, Posed, inspect
from stvqa.prompts import fill, load_prompt
from stvqa.records import Proof, Record, Row
from stvqa.store.dataset import PublishedRow, UnreadableRow, read_rows
from stvqa.texts import one_line, shown

__all__ = ["Failure", "VerifyReport", "verify_dataset"]


_SHOWN = 200
"""Characters of a column that a detail repeats."""
_NO_MARKUP = frozenset("<>")
_SAME_IMAGE_BITS = 6
"""Storing and decoding an image changes a bit or two of its hash; another image, or a mirrored one, changes dozens."""


class Failure(Record):
    """A row that does not hold, and why."""

    row_id: str
    reason: str
    detail: str


class VerifyReport(Record):
    """What came out.

    Attributes:
        rows: rows read.
        proved: rows whose program gives the published answer and refutes every other option.
        unproved: rows without a program (evidence `teacher`); not failures.
        by_category: rows by category.
        letters: answer letters by number of options.
        failures: in the order of the set.
    """

    rows: int
    proved: int
    unproved: int
    by_category: dict[str, int]
    letters: dict[str, dict[str, int]]
    failures: tuple[Failure, ...]


def verify_dataset(folder: Path, *, on_row: Callable[[], object] = lambda: None) -> VerifyReport:
    """Verifies each row and the set as a whole.

    Args:
        folder: the folder that holds `data/`.
        on_row: called once a row, for progress.

    Raises:
        InputError: the folder holds no set, an empty one, or one whose files cannot be read.
    """
    whole = _Whole()
    failures: list[Failure] = []
    proved = unproved = 0
    for item in read_rows(folder):
        on_row()
        if isinstance(item, UnreadableRow):
            whole.rows += 1
            failures.append(Failure(row_id=item.row_id, reason=item.reason, detail=item.detail))
            continue
        in_set = whole.fault(item)
        fault = _row_fault(item) or in_set
        if fault is not None:
            failures.append(Failure(row_id=item.row.row_id[:_SHOWN], reason=fault.reason, detail=fault.detail))
        elif item.row.program:
            proved += 1
        else:
            unproved += 1
    if not whole.rows:
        raise InputError(f"{folder} holds no rows: build a set with `stvqa build` first")
    failures.extend(whole.split_faults())
    return VerifyReport(
        rows=whole.rows,
        proved=proved,
        unproved=unproved,
        by_category=dict(sorted(whole.categories.items())),
        letters={options: dict(sorted(counts.items())) for options, counts in sorted(whole.letters.items())},
        failures=tuple(failures),
    )


def _row_fault(item: PublishedRow) -> Fault | None:
    row = item.row
    return _columns_fault(row) or _proof_fault(row) or _image_fault(item)


def _columns_fault(row: Row) -> Fault | None:
    """The redundant columns agree with each other."""
    place = LETTERS.find(row.answer_only)
    if len(row.answer_only) != 1 or not 0 <= place < len(row.options):
        return Fault("letter-unknown", f"answer_only is “{row.answer_only[:_SHOWN]}” with {len(row.options)} options")
    lettered = f"({row.answer_only}) {row.options[place]}"
    with_options = f"{row.question_only}\n{render_options(row.options)}"
    scene = parse(row.answer).scene
    expected = {
        "problem": fill(
            load_prompt("answer", "user"), width=row.image_width, height=row.image_height, question=with_options
        ),
        "answer": render(Completion(scene=scene, answer=row.answer_only)),
        "row_id": row_id(row.source, row.image_id, row.question_only, row.options),
        "question_with_options": with_options,
        "answer_text_only": row.options[place],
        "answer_text": f"<answer>{row.options[place]}</answer>",
        "answer_option_text_only": lettered,
        "answer_option_text": f"<answer>{lettered}</answer>",
    }
    for column, value in expected.items():
        if getattr(row, column) != value:
            found = getattr(row, column)
            return Fault("columns-disagree", f"{column} is “{found[:_SHOWN]}”, expected “{value[:_SHOWN]}”")
    if row.image_id != f"{row.source}:{row.source_image_id}":
        return Fault("columns-disagree", f"image_id {row.image_id} is not {row.source}:{row.source_image_id}")
    return _told_fault(row)


def _told_fault(row: Row) -> Fault | None:
    """What the row tells of models holds nothing that steers a page or a terminal, and no choice among no options."""
    try:
        votes = read_votes(row.votes)
    except CellUnreadable as error:
        return Fault("votes-unreadable", f"votes is “{row.votes[:_SHOWN]}”: {error}")
    names = (row.teacher, row.verifier, row.source_image_id, *(vote.verifier for vote in votes))
    for said in (*names, *(vote.reply for vote in votes), row.answer):
        if shown(said) != said:
            return Fault("text-unfit", f"“{one_line(said[:_SHOWN])}” holds control or format characters")
    for name in names:
        if not _NO_MARKUP.isdisjoint(name):
            return Fault("text-unfit", f"“{name[:_SHOWN]}” holds markup")
    if any(vote.choice is not None and not 0 <= vote.choice < len(row.options) for vote in votes):
        return Fault("votes-unreadable", f"a vote chooses none of the {len(row.options)} options")
    return None


def _proof_fault(row: Row) -> Fault | None:
    if not row.program:
        told = row.evidence == "teacher" and row.teacher != "rules"
        return None if told else Fault("program-missing", f"evidence {row.evidence} of teacher {row.teacher}")
    try:
        proof = read_proof(row.program)
    except CellUnreadable as error:
        return Fault("program-unreadable", str(error))
    if parse(row.answer).scene != render_scene(proof.graph):
        return Fault("scene-disagrees", "the scene in `answer` is not the graph of the proof")
    place = LETTERS.index(row.answer_only)
    fault = inspect(Posed(row.question_only, row.options, place, proof.claims), proof.graph, proof.margins)
    return fault or _retold_fault(row, proof, place)


def _retold_fault(row: Row, proof: Proof, place: int) -> Fault | None:
    """What the row says of its proof and its image is what the proof itself says."""
    decider = Decider(proof.graph, proof.margins)
    right = decider.decide(proof.claims[place])
    margins = [abs(item.margin) for claim in proof.claims if (item := decider.decide(claim)).margin is not None]
    margin = None if right.margin is None else min(margins)
    graph = proof.graph
    told = (row.evidence, row.margin, row.source, row.image_id, row.coco_id, row.image_width, row.image_height)
    found = (right.evidence, margin, graph.source, graph.image_id, graph.coco_id, graph.width, graph.height)
    if told != found:
        return Fault("proof-disagrees", f"the row says {told}, its proof {found}")
    if row.category not in categories_of(proof.claims):
        return Fault(
            "category-disagrees", f"{row.category}, with claims that ask {sorted(categories_of(proof.claims))}"
        )
    return None


def _image_fault(item: PublishedRow) -> Fault | None:
    stated = ImageSize(item.row.image_width, item.row.image_height)
    try:
        header = picture_header(item.image)
        if header.orientation != 1 and not header.is_displayed(stated):
            # Right as stored; but a tag makes every reader of the set turn it.
            shown = f"{header.displayed.width} x {header.displayed.height}"
            told = f"its orientation tag is {header.orientation}, so that readers show {shown} pixels"
            return Fault("image-orientation", f"{told}, not {stated.width} x {stated.height}")
        image = decode(item.image, size=stated)
    except ImageUnreadable as error:
        return Fault(error.reason, str(error))
    if image.size != stated:
        return Fault("image-size", f"{image.width} x {image.height}, not {stated.width} x {stated.height}")
    found = difference_hash(image)
    if item.row.image_hash and hash_distance(found, item.row.image_hash) > _SAME_IMAGE_BITS:
        return Fault("image-changed", f"its difference hash is {found}, not {item.row.image_hash}")
    return None


class _Whole:
    """What only the whole set shows: repeats, images in both splits, letters."""

    def __init__(self) -> None:
        self.rows = 0
        self.categories: Counter[str] = Counter()
        self.letters: dict[str, Counter[str]] = defaultdict(Counter)
        self._ids: set[str] = set()
        self._asked: set[tuple[str, str]] = set()
        self._images: dict[str, tuple[str, str, str]] = {}

    def fault(self, item: PublishedRow) -> Fault | None:
        """Notes the row; a fault where it repeats another or stands in the wrong split."""
        row = item.row
        self.rows += 1
        self.categories[row.category] += 1
        self.letters[str(len(row.options))][row.answer_only] += 1
        if row.row_id in self._ids:
            return Fault("repeats-row", f"row_id {row.row_id} stands twice")
        if (row.image_id, row.question_only) in self._asked:
            return Fault("repeats-question", f"{row.image_id} is asked “{row.question_only}” twice")
        self._ids.add(row.row_id)
        self._asked.add((row.image_id, row.question_only))
        if row.image_id not in self._images:
            self._images[row.image_id] = (item.split, row.image_hash, row.row_id)
        if self._images[row.image_id][0] != item.split:
            return Fault("image-in-both-splits", f"{row.image_id} is in train and val")
        return None

    def split_faults(self) -> Iterator[Failure]:
        """Near-duplicate images that stand in different splits."""
        known = [(image, *entry) for image, entry in self._images.items() if entry[1]]
        groups = near_duplicates([entry[2] for entry in known])
        first: dict[int, tuple[str, str]] = {}
        for (image, split, _, name), group in zip(known, groups, strict=True):
            other, other_split = first.setdefault(group, (image, split))
            if other_split != split:
                detail = f"{image} in {split} looks like {other} in {other_split}"
                yield Failure(row_id=name, reason="near-duplicate-in-both-splits", detail=detail)
