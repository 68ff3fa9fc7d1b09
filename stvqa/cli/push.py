"""`stvqa push`: a finished set or model to the Hugging Face Hub, private unless --public is said.

stvqa push runs/stvqa-7k --repo me/STVQA-7K --tag v1.0
stvqa push runs/demo --dry-run
stvqa push --model runs/stvqa-7k/train/grpo-lora-1gpu --repo me/stvqa-7k-grpo
"""

from __future__ import annotations

import glob
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from stvqa.cli.runs import find_dataset, find_run, find_training
from stvqa.errors import HubError, InputError

if TYPE_CHECKING:
    from stvqa.card import Standing
    from stvqa.hub import Changes, Content, LocalSet, PushResult, RepoKind

__all__ = ["push"]

_FOLDER = "push"
_PROVENANCE = "provenance"
_RUN_FILE = "run.json"
_IMAGE = "image-unreadable"
_TRAINING = "training/train.json"
_ADAPTER = "adapter_config.json"


def push(  # noqa: PLR0913 (each is an option of the command)
    run: Annotated[
        Path | None,
        typer.Argument(help="A run, a dataset folder, or with --model a training [default: the newest in ./runs]."),
    ] = None,
    *,
    model: Annotated[
        bool, typer.Option("--model", help="Push the model or adapter of a training instead of a set.")
    ] = False,
    repo: Annotated[str | None, typer.Option(help="The repository on the Hub, as USER/NAME.")] = None,
    public: Annotated[bool, typer.Option("--public", help="Show it to everybody.")] = False,
    tag: Annotated[str | None, typer.Option(help="A name for this version, for example v1.0.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing: write the files to disk, and list what would change.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder of a dry run [default: push, beside the data or the model].")
    ] = None,
    allow_unverified: Annotated[
        bool, typer.Option("--allow-unverified", help="Push rows that nobody has verified; the card says so.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Push a finished set or model to the Hugging Face Hub: card, files and provenance in one commit.

    The token comes from HF_TOKEN or `hf auth login`, the Hub's address from HF_ENDPOINT.
    """
    _check_options(repo, tag=tag, dry_run=dry_run, out=out)
    if model and allow_unverified:
        raise InputError("--allow-unverified is about the rows of a set: leave it out with --model")
    if out is not None:
        out = _real(out)
    ready = _ready_model(run, repo or "") if model else _ready_set(run, repo or "", allow_unverified=allow_unverified)
    if dry_run:
        _write(ready, repo, out or ready.beside, public=public, tag=tag, as_json=as_json)
        return
    from stvqa.hub import Remote  # noqa: PLC0415 (slow to import; see stvqa.cli)
    from stvqa.hub import push as push_content  # noqa: PLC0415 (same)

    remote = Remote(repo or "", kind=ready.kind)
    result = push_content(ready.local, remote=remote, public=public, tag=tag, tell=_tell)
    typer.echo(json.dumps(_as_json(result), indent=2) if as_json else "\n".join(_in_words(result)))


def _real(out: Path) -> Path:
    """The folder that a user named by a link; refused at once where something else than a dry run is in it."""
    from stvqa.hub import refuse_foreign_dry_run  # noqa: PLC0415 (slow to import; see stvqa.cli)

    real = out.resolve() if out.is_symlink() else out
    refuse_foreign_dry_run(real)
    return real


class _Ready(NamedTuple):
    """What is pushed.

    Attributes:
        beside: folder of a dry run that named none.
        trial: makes the line of Python that reads it from its folder.
    """

    local: LocalSet
    kind: RepoKind
    beside: Path
    trial: Callable[[Path], str]


def _ready_set(run: Path | None, repo: str, *, allow_unverified: bool) -> _Ready:
    from stvqa.hub import SET  # noqa: PLC0415 (slow to import; see stvqa.cli)

    dataset = find_dataset(find_run(run))
    run_folder = _run_of(dataset)
    local = _prepare(dataset, run_folder, repo, allow_unverified=allow_unverified)
    is_in_run = run_folder is not None and run_folder != dataset / _PROVENANCE
    beside = dataset.parent / _FOLDER if is_in_run else dataset.with_name(f"{dataset.name}-{_FOLDER}")
    return _Ready(local, SET, beside, _load_set)


def _load_set(folder: Path) -> str:
    """The line that reads a set; `datasets` takes a folder's name for a pattern, so that a file's path is escaped."""
    from stvqa.store.dataset import dataset_files  # noqa: PLC0415 (slow to import; see stvqa.cli)

    path = str(folder)
    if glob.escape(path) == path:
        return f"load_dataset({path!r})"
    splits = sorted({file.name.split("-", 1)[0] for file in dataset_files(folder)})
    files = {split: glob.escape(f"{folder}/data/{split}-") + "*" for split in splits}
    return f"load_dataset('parquet', data_files={files!r})"


def _ready_model(folder: Path | None, repo: str) -> _Ready:
    from stvqa.hub import MODEL, local_base, prepare_model, pushed_model_files  # noqa: PLC0415 (see stvqa.cli)

    training = find_training(folder)
    files = pushed_model_files(training)
    beside = training.with_name(f"{training.name}-{_FOLDER}")
    if files is None:
        files = _model_files(training)
        beside = files[_TRAINING].parent / _FOLDER
    base = local_base(files)
    if base is not None:
        _tell(
            f"the adapter's base, {base}, is a folder of this machine: nobody else can load the adapter until they "
            "have it; `stvqa.train.merge_adapter` makes one model of both"
        )
    begin = "PeftModel.from_pretrained(base, " if _ADAPTER in files else "AutoModelForImageTextToText.from_pretrained("
    return _Ready(prepare_model(files, repo=repo), MODEL, beside, lambda folder: f"{begin}{str(folder)!r})")


def _model_files(training: Path) -> dict[str, Path]:
    """What of the training goes along, as training itself says; its package needs the extra `train`."""
    try:
        from stvqa.train import model_files  # noqa: PLC0415 (torch is slow to import)
    except ModuleNotFoundError as error:
        raise InputError(f"--model needs {error.name}, which is not installed: pip install 'stvqa[train]'") from error
    return model_files(training)


def _check_options(repo: str | None, *, tag: str | None, dry_run: bool, out: Path | None) -> None:
    """Refuses before any work what cannot end well."""
    from stvqa.hub import check_names, has_token, quiet  # noqa: PLC0415 (slow to import; see stvqa.cli)

    if repo is None and not dry_run:
        raise InputError("say where to push to with --repo USER/NAME, or look at the files first with --dry-run")
    if out is not None and not dry_run:
        raise InputError(f"--out {out} is the folder of a --dry-run: leave it out")
    if repo is not None:
        check_names(repo, tag=tag)
    if not dry_run and not has_token():
        raise HubError("no token for the Hub: set HF_TOKEN, or log in with `hf auth login`; it needs write access")
    quiet(bars=sys.stderr.isatty())


def _run_of(dataset: Path) -> Path | None:
    """The folder with the run.json that tells of a set; None for one that was copied without it.

    A folder that was pushed, and one that a dry run wrote, brings it along.
    """
    if dataset.name == "dataset" and (dataset.absolute().parent / _RUN_FILE).is_file():
        return dataset.parent
    brought = dataset / _PROVENANCE
    return brought if (brought / _RUN_FILE).is_file() else None


def _prepare(dataset: Path, run: Path | None, repo: str, *, allow_unverified: bool) -> LocalSet:
    from stvqa.hub import hub_address, prepare  # noqa: PLC0415 (slow to import; see stvqa.cli)

    standing = _prove(dataset)
    return prepare(dataset, run=run, repo=repo, hub=hub_address(), standing=standing, allow_unverified=allow_unverified)


def _prove(dataset: Path) -> Standing:
    """Proves every row again."""
    from tqdm import tqdm  # noqa: PLC0415 (slow to import; see stvqa.cli)

    from stvqa.card import Standing  # noqa: PLC0415 (same)
    from stvqa.report import verify_dataset  # noqa: PLC0415 (same)
    from stvqa.store.dataset import count_dataset  # noqa: PLC0415 (same)

    total = count_dataset(dataset)
    with tqdm(total=total, desc="verify", unit="row", file=sys.stderr, leave=False, disable=None) as bar:
        report = verify_dataset(dataset, on_row=bar.update)
    imageless = sum(failure.reason == _IMAGE for failure in report.failures)
    return Standing(rows=report.rows, proved=report.proved, failed=len(report.failures), imageless=imageless)


def _write(ready: _Ready, repo: str | None, out: Path, *, public: bool, tag: str | None, as_json: bool) -> None:
    """The dry run."""
    from stvqa.hub import Remote, plan_push, write_content  # noqa: PLC0415 (slow to import; see stvqa.cli)

    against = "nothing"
    try:
        remote = Remote(repo, kind=ready.kind) if repo else None
        planned = plan_push(ready.local, remote=remote, public=public, tag=tag)
        if remote is not None:
            against = f"{remote.url}" + ("" if planned.state else ", which is not there yet")
    except HubError as error:
        _tell(f"{error}; so all files are listed as new")
        planned = plan_push(ready.local, remote=None)
    write_content(planned.content, out)
    if as_json:
        found = {"folder": str(out), "compared_with": against, "changes": planned.changes._asdict()}
        typer.echo(json.dumps(found, indent=2))
        return
    lines = [f"nothing was sent; compared with {against}:", *_changes(planned.changes, planned.content)]
    typer.echo("\n".join([*lines, f"  files     {out}", f"  try them  {ready.trial(out)}"]))


def _changes(changes: Changes, content: Content) -> list[str]:
    lines = [f"  {'new':<10}{_megabytes(content.size(path))}  {path}" for path in changes.added]
    lines += [f"  {'changed':<10}{_megabytes(content.size(path))}  {path}" for path in changes.changed]
    lines += [f"  {'removed':<10}{'':>9}  {path}" for path in changes.removed]
    return [*lines, f"  {len(changes.unchanged)} files are there already"] if changes.unchanged else lines


def _megabytes(size: int) -> str:
    return f"{size / 1e6:>6,.2f} MB"


def _in_words(result: PushResult) -> list[str]:
    changes = result.changes
    what = f"{len(changes.added)} new, {len(changes.changed)} changed, {len(changes.removed)} removed files"
    done = f"one commit: {what}" if result.committed else "everything was there already: no commit was made"
    lines = [f"{result.url} ({'private' if result.private else 'public'})", f"  {done}", f"  commit  {result.commit}"]
    return [*lines, f"  tag     {result.tag}"] if result.tag else lines


def _as_json(result: PushResult) -> dict[str, Any]:
    return {**result._asdict(), "changes": result.changes._asdict()}


def _tell(line: str) -> None:
    typer.echo(f"stvqa: {line}", err=True)
