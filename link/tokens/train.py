"""`link tokenizer train`: inputs, a sample of each by weight, a model, and what came of it."""

import itertools
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from link import __version__
from link.errors import UsageError
from link.kernel.window import window_of
from link.kernel.words import find_words
from link.publish import publish_bytes
from link.run.documents import reading_tasks
from link.run.task import Task
from link.shards.fields import Fields
from link.shards.files import is_url
from link.shards.find import STANDARD_STREAM, find_shards
from link.tokens.counts import BYTE_PIECE
from link.tokens.sample import Drawn, draw_passages
from link.tokens.sentencepieces import SentencePieces
from link.tokens.trainer import TrainingOptions, sentences, train, version

SUFFIX = ".model"
NOTICEABLE = 0.01
"""An input that falls short of its share by less than this part of it is not worth a sentence."""

_ON_ONE_LINE = str.maketrans({"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"})

Progress = Callable[[int], object]
Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Input:
    """What one argument names, and its weight."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSpec:
    """What is to be done. `output`: the model's file, or that without `.model`. `sample_bytes`: of
    text, of all inputs together. `document`: what of plain text is one. `skip_bad`: bad records are
    left out; otherwise they are an error.
    """

    inputs: Sequence[Input]
    output: str
    sample_bytes: int
    options: TrainingOptions = field(default_factory=TrainingOptions)
    fields: Fields = field(default_factory=Fields)
    document: str = "line"
    skip_bad: bool = False
    seed: int = 0
    overwrite: bool = False

    @property
    def files(self) -> tuple[Path, Path, Path]:
        """The model, its vocabulary to be looked at, and how it was made."""
        stem = self.output.removesuffix(SUFFIX)
        return Path(f"{stem}{SUFFIX}"), Path(f"{stem}.vocab"), Path(f"{stem}.json")


@dataclass(frozen=True, slots=True)
class Planned:
    """The shards of each input. `size_bytes`: that are read at most, as stored."""

    shards: list[list[Task]]
    left_alone: list[Path | str]

    @property
    def size_bytes(self) -> int:
        return sum(task.size_bytes for tasks in self.shards for task in tasks)


@dataclass(slots=True)
class InputReport:
    """What became of an input. `share_bytes`: its part of the sample, by weight. `held_out`: what
    the vocabulary makes of text that it has not seen, under published names.
    """

    input: Input
    shards: int
    share_bytes: int
    drawn: Drawn
    held_out: dict[str, Any] = field(default_factory=dict)

    @property
    def used_bytes(self) -> int:
        """In the sample, for training or held out."""
        return self.drawn.train_bytes + self.drawn.held_out_bytes

    @property
    def is_short(self) -> bool:
        return self.used_bytes < self.share_bytes * (1 - NOTICEABLE)

    def as_dict(self) -> dict[str, Any]:
        return {
            "input": self.input.text,
            "weight": self.input.weight,
            "shards": self.shards,
            "shards_read": len(self.drawn.shards),
            "documents_read": self.drawn.documents,
            "records_skipped": self.drawn.bad,
            "text_bytes_read": self.drawn.text_bytes,
            "share_bytes": self.share_bytes,
            "training_bytes": self.drawn.train_bytes,
            "held_out": self.held_out,
        }


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What came of it. `byte_pieces`: pieces of the vocabulary that stand for a byte."""

    files: tuple[Path, Path, Path]
    sha256: str
    vocabulary_size: int
    byte_pieces: int
    inputs: list[InputReport]

    @property
    def largest_true_sample(self) -> int:
        """The largest sample of which every input can fill its share."""
        whole = sum(one.input.weight for one in self.inputs)
        all_of_short = [
            one.used_bytes * whole / one.input.weight for one in self.inputs if one.is_short
        ]
        return int(min(all_of_short, default=sum(one.share_bytes for one in self.inputs)))


def plan_training(spec: TrainingSpec) -> Planned:
    """Find the shards; raises `UsageError` for whatever can be known to be wrong before any work.

    That is also a missing package, and files that are there already.
    """
    version()
    _check_output(spec)
    seen: set[str] = set()
    for one in spec.inputs:
        if one.text == STANDARD_STREAM:
            raise UsageError("a tokenizer is trained on files, not on -; name some")
        if not 0 < one.weight < float("inf"):
            raise UsageError(f"{one.text}: a weight must be above 0, not {one.weight:g}")
        if one.text in seen:
            raise UsageError(f"{one.text} is named twice; name it once, with =WEIGHT")
        seen.add(one.text)
    found = [find_shards([one.text]) for one in spec.inputs]
    return Planned(
        [reading_tasks(each, spec.fields, spec.document) for each in found],
        [path for each in found for path in (*each.left_alone, *(p for p, _ in each.companions))],
    )


def _check_output(spec: TrainingSpec) -> None:
    if is_url(spec.output):
        raise UsageError(f"output {spec.output} is a URL; name a file, and copy it from there")
    if spec.output.endswith("/") or Path(spec.output).is_dir() or not spec.output.strip("."):
        raise UsageError(f"output {spec.output!r} is a folder; name the model in it, say model")
    for file in spec.files:
        if file.is_dir():
            raise UsageError(f"output {file} is a folder; name another file")
        if file.exists() and not spec.overwrite:
            raise UsageError(f"{file} exists; name another -o, or --overwrite it")


def train_tokenizer(
    spec: TrainingSpec, planned: Planned, progress: Progress, say: Say = lambda _: None
) -> TrainingReport:
    """Train and publish. `progress` takes stored bytes as they are read; `say` takes what is being
    done after that.
    """
    whole = sum(one.weight for one in spec.inputs)
    reports = []
    for one, tasks in zip(spec.inputs, planned.shards, strict=True):
        share = max(1, round(spec.sample_bytes * one.weight / whole))
        drawn = draw_passages(tasks, share, spec.seed, skip_bad=spec.skip_bad, progress=progress)
        reports.append(InputReport(one, len(tasks), share, drawn))
        if not drawn.train:
            raise UsageError(
                f"{one.text} has no text (shards: {len(tasks):,}, documents: {drawn.documents:,}, "
                f"bad records left out: {drawn.bad:,}); leave it out, or name the field that holds "
                f"text with --text-field"
            )
    say("training")
    texts = itertools.chain.from_iterable(report.drawn.train for report in reports)
    model = train(itertools.chain.from_iterable(map(sentences, texts)), spec.options)
    tokenizer = SentencePieces(spec.files[0].name, model)
    say("measuring")
    for report in reports:
        report.held_out = _measured(tokenizer, report.drawn.held_out)
    pieces = list(tokenizer.pieces())
    done = TrainingReport(
        spec.files,
        tokenizer.sha256,
        tokenizer.vocabulary_size,
        sum(bool(BYTE_PIECE.fullmatch(piece)) for piece, _ in pieces),
        reports,
    )
    _publish(spec, model, pieces, done)
    return done


def _measured(tokenizer: SentencePieces, texts: list[bytes]) -> dict[str, Any]:
    """Words are LINK's (docs/words.md); all tokens count, those of punctuation too."""
    counts = tokenizer.count([text.decode() for text in texts])
    size, words = sum(map(len, texts)), len(find_words(window_of(texts)))
    tokens, in_bytes = int(counts.tokens.sum()), int(counts.byte_fallback.sum())
    return {
        "bytes": size,
        "words": words,
        "tokens": tokens,
        "unknown": int(counts.unknown.sum()),
        "byte_fallback": in_bytes,
        "fertility": tokens / words if words else None,
        "bytes_per_token": size / tokens if tokens else None,
        "byte_fallback_rate": in_bytes / tokens if tokens else None,
    }


def _publish(
    spec: TrainingSpec, model: bytes, pieces: list[tuple[str, float]], report: TrainingReport
) -> None:
    """The files appear one after the other; the last of them says that they belong together."""
    model_file, vocabulary_file, json_file = spec.files
    with suppress(FileNotFoundError):
        json_file.unlink()
    publish_bytes(model_file, model)
    lines = [f"{piece.translate(_ON_ONE_LINE)}\t{score:g}\n" for piece, score in pieces]
    publish_bytes(vocabulary_file, "".join(lines).encode())
    how = {
        "model": model_file.name,
        "sha256": report.sha256,
        "vocabulary_size": report.vocabulary_size,
        "link_version": __version__,
        "sentencepiece_version": version(),
        "options": spec.options.as_dict(),
        "seed": spec.seed,
        "sample_bytes": spec.sample_bytes,
        "text_field": list(spec.fields.texts),
        "document": spec.document,
        "inputs": [one.as_dict() for one in report.inputs],
    }
    text = json.dumps(how, indent=2, ensure_ascii=False)
    publish_bytes(json_file, text.encode("utf-8", "backslashreplace"))  # names may be no UTF-8


def parse_input(text: str) -> Input:
    """`INPUT` or `INPUT=WEIGHT`; a path that exists is itself.

    >>> parse_input("no-such-folder=2.5"), parse_input("s3://b/a=b")
    (Input(text='no-such-folder', weight=2.5), Input(text='s3://b/a=b', weight=1.0))
    """
    path, equals, number = text.rpartition("=")
    if Path(text).exists() or not (equals and path):
        return Input(text)
    try:
        return Input(path, float(number))
    except ValueError:
        return Input(text)
