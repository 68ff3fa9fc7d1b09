"""The report of a training on one page: curves, results, and sample completions with predicted and true boxes drawn.

write_report(Path("out/report.html"), file, data, book, look.samples)

One file without scripts and without anything from elsewhere; pictures and curves are inside it.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
from PIL import Image, ImageDraw

from stvqa.completion import parse_completion
from stvqa.rewards import Truth
from stvqa.rewards.scenes import read_boxes
from stvqa.store.atomic import atomic_file
from stvqa.train.curves import series, svg_curve
from stvqa.train.data import TrainingData
from stvqa.train.feeding import picture_of
from stvqa.train.looking import Sample, is_right
from stvqa.train.scoring import ScoreBook
from stvqa.train.state import TrainFile
from stvqa.train.watch import read_curves

__all__ = ["draw_boxes", "write_report"]

_SAMPLES = 12
_PICTURE = 320
_TRUE, _SAID = (30, 140, 60), (200, 40, 40)
_CURVES = {
    "warm-start": ("loss", "mean_token_accuracy"),
    "sft": ("loss", "mean_token_accuracy", "eval_loss"),
    "grpo": (
        "parts/total",
        "parts/accuracy",
        "parts/format",
        "parts/count",
        "parts/spatial",
        "scene/mean_iou",
        "scene/boxes",
        "parts/total_spread",
        "groups/no_spread",
        "completions/mean_length",
        "completions/clipped_ratio",
        "kl",
        "entropy",
        "grad_norm",
        "eval_parts/total",
        "eval_parts/accuracy",
    ),
}
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#222}
h1,h2{line-height:1.2} table{border-collapse:collapse} td,th{padding:.2em .8em;text-align:right;border-bottom:1px
solid #ddd} td:first-child,th:first-child{text-align:left} .curves{display:flex;flex-wrap:wrap;gap:1em}
svg{font-size:11px;fill:#555} svg .title{font-size:13px;fill:#222} svg .end{text-anchor:end}
svg .axis{stroke:#bbb} svg .raw{fill:none;stroke:#9ec5e8} svg .mean{fill:none;stroke:#14507f;stroke-width:2}
.sample{display:flex;gap:1em;border-top:1px solid #ddd;padding:1em 0} .sample img{flex:none;align-self:flex-start}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f6f6f4;padding:.6em;font-size:12.5px;margin:.3em 0}
.right{color:#1e8c3c}.wrong{color:#c82828}
"""


def write_report(path: Path, file: TrainFile, data: TrainingData, book: ScoreBook, samples: Sequence[Sample]) -> Path:
    """Writes the page.

    Args:
        path: of the page; curves are read from the folder that it stands in.
        samples: greedy completions of the finished model; the first dozen are shown. Where there are none, as of
            several processes, the last ones that training kept.

    Raises:
        StorageError: it cannot be written.
    """
    title = f"Training {file.recipe['name']}"
    body = [f"<h1>{html.escape(title)}</h1>", _summary(file), "<h2>Before and after</h2>", _results(file)]
    body += _curves(path.parent)
    heading = "Completions of the finished model, on images it was not trained on"
    if not samples:
        heading, samples = (
            "The last completions that were kept of training, on images it was trained on",
            _kept(path.parent, book),
        )
    if samples:
        body.append(f"<h2>{heading}</h2>")
        body.append("<p>Green boxes are true, red ones are the model's. The first rows, not the best.</p>")
        body += [_sample(item, data, book) for item in samples[:_SAMPLES]]
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="generator" content="stvqa"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(body)}</body></html>"
    )
    with atomic_file(path) as target:
        target.write(page.encode())
    return path


def _kept(folder: Path, book: ScoreBook) -> list[Sample]:
    """One completion a row of the newest file of completions; none where there is no file."""
    files = sorted((folder / "completions").glob("*.parquet"), key=lambda path: path.stat().st_mtime_ns)
    if not files:
        return []
    texts: dict[str, str] = {}
    for row in pq.read_table(files[-1], columns=["row_id", "completion"]).to_pylist():
        texts.setdefault(row["row_id"], row["completion"])
    places = {item.row_id: place for place, item in enumerate(book.examples) if item.row_id in texts}
    said = [(places[row_id], text) for row_id, text in texts.items() if row_id in places][:_SAMPLES]
    scores = book.scores([text for _, text in said], [place for place, _ in said])
    return [
        Sample(place, text, is_right(text, book, place), score)
        for (place, text), score in zip(said, scores, strict=True)
    ]


def draw_boxes(picture: Image.Image, completion: str, truth: Truth) -> Image.Image:
    """The picture, at most 320 pixels wide, with true boxes in green and those of a completion in red."""
    scale = _PICTURE / max(picture.width, picture.height)
    shown = picture.convert("RGB").resize((round(picture.width * scale), round(picture.height * scale)))
    pen = ImageDraw.Draw(shown)
    if truth.scene is not None:
        _draw(pen, truth, truth.scene.boxes.tolist(), list(truth.scene.ids), scale=scale, colour=_TRUE)
    parsed = parse_completion(completion)
    objects = (parsed.scene or {}).get("objects")
    for item in objects[:40] if isinstance(objects, list) else []:
        try:
            boxes = read_boxes([item["bbox"]]).tolist()
        except (KeyError, TypeError, ValueError):
            continue
        _draw(pen, truth, boxes, [str(item.get("id", ""))], scale=scale, colour=_SAID)
    return shown


def _draw(
    pen: ImageDraw.ImageDraw,
    truth: Truth,
    boxes: Sequence[Sequence[float]],
    names: Sequence[str],
    *,
    scale: float,
    colour: tuple[int, int, int],
) -> None:
    across, down = truth.width / truth.size.width * scale, truth.height / truth.size.height * scale
    for (x1, y1, x2, y2), name in zip(boxes, names, strict=True):
        corners = [x1 * across, y1 * down, x2 * across, y2 * down]
        if all(abs(side) < 1e5 for side in corners) and corners[0] <= corners[2] and corners[1] <= corners[3]:
            pen.rectangle(corners, outline=colour, width=2)
            pen.text((corners[0] + 3, corners[1] + (2 if colour == _TRUE else 12)), name[:24], fill=colour)


def _summary(file: TrainFile) -> str:
    data = file.data
    reward = file.recipe["reward"]["name"] if file.recipe["method"] == "grpo" else "none"
    return (
        f"<p>{html.escape(str(file.recipe['method']))} of {html.escape(file.recipe['model'])}, "
        f"reward {html.escape(reward)}; "
        f"{data.rows:,} rows of {html.escape(Path(data.origin).name)}, {data.val:,} looked at; "
        f"recipe {file.recipe_hash}, stvqa {file.stvqa}.</p>"
    )


def _results(file: TrainFile) -> str:
    if not file.results:
        return "<p>None were measured: the training ran on several processes.</p>"
    phases = list(file.results)
    names = list(dict.fromkeys(name for values in file.results.values() for name in values))
    head = "".join(f"<th>{html.escape(phase)}</th>" for phase in phases)
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td>"
        + "".join(f"<td>{file.results[phase].get(name, float('nan')):.3f}</td>" for phase in phases)
        + "</tr>"
        for name in names
    )
    told = (
        "Of greedy answers. Accuracy is whether the right option is named, in the right form or not; that of the "
        "curves is the reward's, 0 where the form is wrong, and of samples. Mean IoU is 0 without a readable scene."
    )
    return f"<table><tr><th></th>{head}</tr>{rows}</table><p>{told}</p>"


def _curves(folder: Path) -> list[str]:
    points = read_curves(folder)
    found: list[str] = []
    for phase, names in _CURVES.items():
        drawn = [svg_curve(values, title=name) for name in names if len(values := series(points, phase, name)) > 1]
        if drawn:
            found.append(f"<h2>Curves: {html.escape(phase)}</h2><div class='curves'>{''.join(drawn)}</div>")
    return found


def _sample(item: Sample, data: TrainingData, book: ScoreBook) -> str:
    example, truth = book.examples[item.place], book.truth(item.place)
    picture = draw_boxes(picture_of(data, example), item.completion, truth)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85)
    inside = base64.b64encode(file.getvalue()).decode()
    mark = '<b class="right">right</b>' if item.right else '<b class="wrong">wrong</b>'
    total = "none" if item.score.total is None else f"{item.score.total:.2f}"
    return (
        f'<div class="sample"><img src="data:image/jpeg;base64,{inside}" width="{picture.width}" '
        f'height="{picture.height}" '
        f'alt="picture with boxes"><div><pre>{html.escape(example.question)}</pre>'
        f"<p>{mark}, reward {total}; the answer is {html.escape(truth.answer_text)}</p>"
        f"<pre>{html.escape(item.completion[:2000])}</pre></div></div>"
    )
