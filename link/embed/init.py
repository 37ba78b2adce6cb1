"""`link embed init`: a model with rows for a new vocabulary."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from link.embed.align import align
from link.embed.model import (
    CONFIG,
    INDEX,
    Embeddings,
    Model,
    find_embeddings,
    leftovers,
    mended,
    new_files,
    open_model,
    refuse_output,
)
from link.embed.pairs import weighted_pairs
from link.embed.recipe import COPIED, DONOR, LEXICON, Cook, Recipe, RecipeMaker
from link.embed.report import (
    Report,
    counted_origins,
    effective_sources,
    frequent_rows,
    nearest_pieces,
)
from link.embed.salt import RIDGE, find_anchors, transfer
from link.embed.vocabulary import Vocabulary, load_vocabulary
from link.embed.weights import Progress, Tensor, write_weights
from link.errors import UsageError
from link.lexicon import Lexicon
from link.tokens.hugging_face import HuggingFace
from link.tokens.load import load_tokenizer

BY_LEXICON, SALT, MEAN, AT_RANDOM = METHODS = ("lexicon", "salt", "mean", "random")

_PADDED_TO, _MOST_PADDING = 64, 4096
"""Many models have more rows than their tokenizer has pieces: up to a multiple of 64 or more
(DeepSeek LLM has 102,400 for 100,015).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class InitSpec:
    """What is wanted. `rounds`: of IBM model 1; `donor`, `donor_tokenizer` (the target's if None),
    `ridge`: of salt; `pad_to`: the number of rows becomes a multiple of this; `copy`: rows of
    pieces that both vocabularies have; the tensors are found by name if None.
    """

    source: Path
    source_tokenizer: str
    target_tokenizer: str
    output: Path
    method: str = BY_LEXICON
    lexicons: Sequence[Lexicon] = ()
    swaps: Path | None = None
    rounds: int = 0
    donor: Path | None = None
    donor_tokenizer: str | None = None
    donor_tensor: str | None = None
    ridge: float = RIDGE
    copy: bool = True
    match_norms: bool = False
    pad_to: int = 1
    seed: int = 0
    input_tensor: str | None = None
    output_tensor: str | None = None


@dataclass(frozen=True)
class Planned:
    """What has been opened and checked: models, embeddings and vocabularies."""

    model: Model
    embeddings: Embeddings
    source: Vocabulary
    target: Vocabulary
    donor: tuple[Vocabulary, Tensor] | None = None

    @property
    def old_rows(self) -> int:
        """Of the matrix; there may be more than the vocabulary has pieces."""
        return self.embeddings.input.shape[0]


def plan_init(spec: InitSpec) -> Planned:
    """Open all that is read; raises `UsageError` for what can be known to be wrong before work."""
    if spec.method == BY_LEXICON and not spec.lexicons:
        raise UsageError("--method lexicon needs a lexicon; name one with -l")
    if (spec.method == SALT) != (spec.donor is not None):
        raise UsageError("--method salt and --donor go together; name both or none")
    model = open_model(spec.source)
    refuse_output(spec.output, model)
    embeddings = find_embeddings(model, spec.input_tensor, spec.output_tensor)
    source = load_vocabulary(spec.source_tokenizer, "--source-tokenizer")
    _check_rows(embeddings.input, source, "--source-tokenizer")
    target = load_vocabulary(spec.target_tokenizer, "--target-tokenizer")
    if spec.donor is None:
        return Planned(model, embeddings, source, target)
    tensor = find_embeddings(open_model(spec.donor), spec.donor_tensor, None).input
    donor = target
    if spec.donor_tokenizer:
        donor = load_vocabulary(spec.donor_tokenizer, "--donor-tokenizer")
    _check_rows(tensor, donor, "--donor-tokenizer")
    return Planned(model, embeddings, source, target, (donor, tensor))


def _check_rows(tensor: Tensor, vocabulary: Vocabulary, option: str) -> None:
    rows, pieces = tensor.shape[0], len(vocabulary)
    padded = rows % _PADDED_TO == 0 and 0 < rows - pieces < _MOST_PADDING
    if rows != pieces and not padded:
        raise UsageError(
            f"{tensor.path}: {tensor.name} has {rows:,} rows, but {vocabulary.name} has "
            f"{pieces:,} pieces; name the tokenizer that the model was trained with by {option}"
        )


def init_embeddings(
    spec: InitSpec, planned: Planned, progress: Progress = lambda _: None
) -> Report:
    """Write the model. `progress` takes the bytes of old tensors as they are done."""
    rows = -(-len(planned.target) // spec.pad_to) * spec.pad_to
    recipe, weight, about = _recipe(spec, planned, rows)
    about_rows = (len(planned.source), spec.seed, spec.match_norms)
    cooks = {one.name: Cook(recipe, one, *about_rows) for one in planned.embeddings.all}
    first = cooks[planned.embeddings.input.name]
    shown = frequent_rows(recipe, planned.target, weight)
    near = nearest_pieces(first, shown, planned.source, planned.target)
    return Report(
        method=spec.method,
        seed=spec.seed,
        tensors={one.name: one.dtype for one in planned.embeddings.all},
        is_tied=not planned.embeddings.others,
        old_rows=planned.old_rows,
        rows=rows,
        padding=rows - len(planned.target),
        origins=counted_origins(recipe),
        effective_sources=effective_sources(recipe),
        near=near,
        remarks=[
            *_unused_lexicon(spec, recipe),
            *_write(spec, planned, cooks, rows, progress),
        ],
        **about,
    )


def _recipe(
    spec: InitSpec, planned: Planned, rows: int
) -> tuple[Recipe, npt.NDArray[np.float64] | None, dict[str, int]]:
    """The recipe, how frequent each new piece is if that is known, and figures of the report."""
    source, target = planned.source, planned.target
    maker = RecipeMaker(target, rows)
    if spec.copy:
        twins = target.twins(source)
        shared = np.flatnonzero(twins >= 0)
        maker.add(COPIED, shared, twins[shared], np.ones(len(shared)))
    weight, about = None, {}
    if spec.method == BY_LEXICON:
        pairs = weighted_pairs(spec.lexicons, spec.swaps)
        counts = align(source, target, pairs, maker.has_row[: len(target)], spec.rounds)
        about = {"pairs": counts.pairs, "unspelled": counts.unspelled, "cuts": counts.cuts}
        whole = np.bincount(counts.target, counts.count, len(target)).astype(np.float64)
        share = counts.count / whole[counts.target]
        maker.add(LEXICON, counts.target, counts.source, share)
        weight = whole if spec.swaps else None
    if planned.donor:
        about = _add_donors(spec, planned, maker)
    if spec.method != AT_RANDOM:
        maker.add_means(source, target)
    return maker.made(), weight, about


def _add_donors(spec: InitSpec, planned: Planned, maker: RecipeMaker) -> dict[str, int]:
    assert planned.donor, "it was asked for"
    donor, tensor = planned.donor
    target = planned.target
    pairs = weighted_pairs(spec.lexicons, spec.swaps) if spec.lexicons else {}
    anchors = find_anchors(planned.source, donor, pairs)
    if not len(anchors.donor):
        raise UsageError(
            f"{donor.name} and {planned.source.name} share no piece; name a lexicon with -l"
        )
    twins = target.twins(donor)
    wanted = np.flatnonzero((twins >= 0) & ~maker.has_row[: len(target)])
    ordered = np.array(sorted(wanted.tolist(), key=lambda one: target.pieces[one]), np.int64)
    for place, sources, share in transfer(twins[ordered], anchors, tensor, spec.ridge):
        maker.add(DONOR, np.repeat(ordered[place], len(sources)), sources, share)
    return {"anchors": len(anchors.donor)}


def _write(
    spec: InitSpec, planned: Planned, cooks: Mapping[str, Cook], rows: int, progress: Progress
) -> list[str]:
    """Write the files; returns what is to be looked at in them."""
    model = planned.model
    new_rows = {name: (rows, cook.blocks()) for name, cook in cooks.items()}
    configs, remarks = _configs(planned, rows)
    with new_files(spec.output, model) as opened:
        size_bytes = 0
        for weights in model.files:
            own = {name: new_rows[name] for name in weights.tensors.keys() & new_rows.keys()}
            with opened(weights.path.name) as file:
                size_bytes += write_weights(file, weights, own, progress)
        if model.index is not None:
            metadata = (model.index.get("metadata") or {}) | {"total_size": size_bytes}
            if type(count := metadata.get("total_parameters")) is int:
                more = ((rows - one.shape[0]) * one.width for one in planned.embeddings.all)
                metadata["total_parameters"] = count + sum(more)
            configs[INDEX] = model.index | {"metadata": metadata}
        for name, content in configs.items():
            with opened(name) as file:
                file.write(json.dumps(content, indent=2).encode() + b"\n")
        if model.folder:
            with opened(_tokenizer_name(spec.target_tokenizer)) as file:
                file.write(Path(spec.target_tokenizer).read_bytes())
    remarks += (
        f"{path} is of a run that was killed, or is at work; remove it if none is at work"
        for path in leftovers(spec.output)
    )
    return remarks + list(_suspects(planned))


def _configs(planned: Planned, rows: int) -> tuple[dict[str, Any], list[str]]:
    """The configurations of a folder for the new vocabulary, and what is to be looked at in them.

    A model that is a file gets none.
    """
    model = planned.model
    if model.folder is None:
        remark = f"write vocab_size {rows} and the numbers of special pieces into the new {CONFIG}"
        return {}, [remark] if CONFIG in model.configs else []

    def moved(number: int, key: str) -> int:
        known = number < len(planned.source)
        return planned.target.twin(planned.source.pieces[number], key[:3]) if known else -1

    configs, remarks = {}, []
    for name, config in model.configs.items():
        configs[name], inner = mended(config, planned.old_rows, rows, moved)
        remarks += [f"{name}: {one}" for one in inner]
    return configs, remarks


def _unused_lexicon(spec: InitSpec, recipe: Recipe) -> Iterator[str]:
    """Whether rows were wanted of a lexicon, and not one could be made."""
    made = counted_origins(recipe)
    if spec.method == BY_LEXICON and not made["lexicon"] and made["pieces"] + made["random"]:
        yield (
            "not one row was made from the lexicon: its translations have no piece that is new; "
            "is it of the languages of both tokenizers?"
        )


def _suspects(planned: Planned) -> Iterator[str]:
    """Other tensors that look as if they had a row a piece."""
    names = {one.name for one in planned.embeddings.all}
    for tensor in planned.model.tensors.values():
        if tensor.shape[:1] == (planned.old_rows,) and tensor.name not in names:
            yield (
                f"{tensor.name} has {planned.old_rows:,} rows too, and was left as it is; is it "
                f"the output embedding, name it with --output-tensor"
            )


def _tokenizer_name(path: str) -> str:
    is_json = isinstance(load_tokenizer(path), HuggingFace)
    return "tokenizer.json" if is_json else "tokenizer.model"
