"""`link tokenizer train`: inputs, a sample of each by weight, a model, and what came of it."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from link import __version__
from link.errors import UsageError
from link.kernel.window import window_of
from link.kernel.words import find_words
from link.shards.files import is_url, local_path, status_of
from link.shards.find import STANDARD_STREAM, Shard, find_shards
from link.shards.publish import publish_bytes
from link.tokens.counts import BYTE_PIECE
from link.tokens.documents import Reading
from link.tokens.sample import Bounds, passages, survey
from link.tokens.sentencepieces import SentencePieces
from link.tokens.train import TrainingOptions, sentences, train, version

SUFFIX = ".model"
NOTICEABLE = 0.01
"""An input that falls short of its share by less than this part of it is not worth a sentence."""


@dataclass(frozen=True, slots=True)
class Input:
    """What one argument names, and its weight."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSpec:
    """What is to be done. `output`: the model's file, or that without `.model`. `sample_bytes`: of
    text, of all inputs together.
    """

    inputs: Sequence[Input]
    output: str
    sample_bytes: int
    options: TrainingOptions = field(default_factory=TrainingOptions)
    reading: Reading = field(default_factory=Reading)
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

    shards: list[list[Shard]]
    left_alone: list[Path | str]
    size_bytes: int


@dataclass(slots=True)
class HeldOut:
    """What the vocabulary makes of text that it has not seen. Words are LINK's (docs/words.md)."""

    bytes: int = 0
    words: int = 0
    tokens: int = 0
    unknown: int = 0
    byte_fallback: int = 0

    @property
    def fertility(self) -> float | None:
        """Tokens a word; all tokens count, those of punctuation too."""
        return self.tokens / self.words if self.words else None

    @property
    def bytes_per_token(self) -> float | None:
        return self.bytes / self.tokens if self.tokens else None

    @property
    def byte_fallback_rate(self) -> float | None:
        """The share of tokens that are single bytes of characters without a piece."""
        return self.byte_fallback / self.tokens if self.tokens else None


@dataclass(frozen=True, slots=True)
class InputReport:
    """What became of an input. `share_bytes`: its part of the sample, by weight."""

    input: Input
    shards: int
    share_bytes: int
    bounds: Bounds
    held_out: HeldOut

    @property
    def used_bytes(self) -> int:
        """In the sample, for training or held out."""
        return self.bounds.train_bytes + self.bounds.held_out_bytes

    @property
    def is_short(self) -> bool:
        return self.used_bytes < self.share_bytes * (1 - NOTICEABLE)

    def as_dict(self) -> dict[str, Any]:
        return {
            "input": self.input.text,
            "weight": self.input.weight,
            "shards": self.shards,
            "shards_read": len(self.bounds.shards),
            "documents_read": self.bounds.documents,
            "records_skipped": self.bounds.bad,
            "text_bytes_read": self.bounds.text_bytes,
            "share_bytes": self.share_bytes,
            "training_bytes": self.bounds.train_bytes,
            "held_out": {
                **asdict(self.held_out),
                "fertility": self.held_out.fertility,
                "bytes_per_token": self.held_out.bytes_per_token,
                "byte_fallback_rate": self.held_out.byte_fallback_rate,
            },
        }


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What came of it. `bytes_pieces`: pieces of the vocabulary that stand for a byte."""

    files: tuple[Path, Path, Path]
    sha256: str
    vocabulary_size: int
    byte_pieces: int
    inputs: list[InputReport]

    @property
    def largest_true_sample(self) -> int:
        """The largest sample of which every input can fill its share."""
        whole = sum(one.input.weight for one in self.inputs)
        return int(
            min(
                (one.used_bytes * whole / one.input.weight for one in self.inputs if one.is_short),
                default=sum(one.share_bytes for one in self.inputs),
            )
        )


def plan_training(spec: TrainingSpec) -> Planned:
    """Find the shards; raises `UsageError` for whatever can be known to be wrong before any work.

    That is also a missing package, and files that are there already.
    """
    version()
    _check_output(spec)
    if not spec.inputs:
        raise UsageError("no INPUT given; name files, folders or globs")
    if spec.sample_bytes < 1:
        raise UsageError(f"a sample of {spec.sample_bytes} bytes is none; take some millions")
    seen: set[str] = set()
    for one in spec.inputs:
        if one.text == STANDARD_STREAM:
            raise UsageError("a tokenizer's inputs are read twice, which a pipe cannot; name files")
        if not 0 < one.weight < float("inf"):
            raise UsageError(f"{one.text}: a weight must be above 0, not {one.weight:g}")
        if one.text in seen:
            raise UsageError(f"{one.text} is named twice; name it once, with =WEIGHT")
        seen.add(one.text)
    found = [find_shards([one.text]) for one in spec.inputs]
    shards = [each.shards for each in found]
    return Planned(
        shards,
        [path for each in found for path in (*each.left_alone, *(p for p, _ in each.companions))],
        sum(_size_of(shard) for each in shards for shard in each),
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


def _size_of(shard: Shard) -> int:
    try:
        return status_of(local_path(shard.path)).size_bytes or 0
    except OSError:
        return 0  # it will fail when its turn comes


def train_tokenizer(
    spec: TrainingSpec,
    planned: Planned,
    progress: Callable[[int], object],
    say: Callable[[str], object] = lambda _: None,
) -> TrainingReport:
    """Train and publish. `progress` takes stored bytes as they are read, each of them twice; `say`
    takes what is being done after that.
    """
    whole = sum(one.weight for one in spec.inputs)
    shares = [max(1, round(spec.sample_bytes * one.weight / whole)) for one in spec.inputs]
    reports = [
        InputReport(
            one,
            len(shards),
            share,
            survey(shards, spec.reading, share, spec.seed, progress),
            HeldOut(),
        )
        for one, shards, share in zip(spec.inputs, planned.shards, shares, strict=True)
    ]
    _refuse_empty(reports)
    held_out: list[list[bytes]] = [[] for _ in reports]
    model = train(_sentences(spec, reports, held_out, progress, say), spec.options)
    tokenizer = SentencePieces(spec.files[0].name, model)
    say("measuring")
    for one, texts in zip(reports, held_out, strict=True):
        _measure(tokenizer, texts, one.held_out)
    pieces = list(tokenizer.pieces())
    report = TrainingReport(
        spec.files,
        tokenizer.sha256,
        tokenizer.vocabulary_size,
        sum(bool(BYTE_PIECE.fullmatch(piece)) for piece, _ in pieces),
        reports,
    )
    _publish(spec, model, pieces, report)
    return report


def _refuse_empty(reports: list[InputReport]) -> None:
    for report in reports:
        if not report.bounds.train_bytes:
            raise UsageError(
                f"{report.input.text} has no text: {report.shards:,} shards, "
                f"{report.bounds.documents:,} documents, {report.bounds.bad:,} bad records left "
                f"out; leave it out, or name the field that holds text with --text-field"
            )


def _sentences(
    spec: TrainingSpec,
    reports: list[InputReport],
    held_out: list[list[bytes]],
    progress: Callable[[int], object],
    say: Callable[[str], object],
) -> Iterator[bytes]:
    """What is for training; what is held out goes into the lists."""
    for report, apart in zip(reports, held_out, strict=True):
        for passage, is_held_out in passages(report.bounds, spec.reading, spec.seed, progress):
            if is_held_out:
                apart.append(passage)
            else:
                yield from sentences(passage)
    say("training")


def _measure(tokenizer: SentencePieces, texts: list[bytes], held_out: HeldOut) -> None:
    counts = tokenizer.count([text.decode() for text in texts])
    held_out.bytes = sum(map(len, texts))
    held_out.words = len(find_words(window_of(texts)))
    held_out.tokens = int(counts.tokens.sum())
    held_out.unknown = int(counts.unknown.sum())
    held_out.byte_fallback = int(counts.byte_fallback.sum())


def _publish(
    spec: TrainingSpec, model: bytes, pieces: list[tuple[str, float]], report: TrainingReport
) -> None:
    """The files appear one after the other; the last of them says that they belong together."""
    model_file, vocabulary_file, json_file = spec.files
    with suppress(FileNotFoundError):
        json_file.unlink()
    publish_bytes(model_file, model)
    lines = [f"{_on_one_line(piece)}\t{score:g}\n" for piece, score in pieces]
    publish_bytes(vocabulary_file, "".join(lines).encode())
    how = json.dumps(_how(spec, report), indent=2, ensure_ascii=False)
    publish_bytes(json_file, how.encode("utf-8", "backslashreplace"))  # names may be no UTF-8


def _on_one_line(piece: str) -> str:
    """A piece without what parts lines and columns."""
    return (
        piece.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    )


def _how(spec: TrainingSpec, report: TrainingReport) -> dict[str, Any]:
    return {
        "model": report.files[0].name,
        "sha256": report.sha256,
        "vocabulary_size": report.vocabulary_size,
        "link_version": __version__,
        "sentencepiece_version": version(),
        "options": spec.options.as_dict(),
        "seed": spec.seed,
        "sample_bytes": spec.sample_bytes,
        "text_field": list(spec.reading.fields.texts),
        "document": spec.reading.document,
        "inputs": [one.as_dict() for one in report.inputs],
    }


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
