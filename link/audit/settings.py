"""What a run says it was: policy, fields and lexicon, read from `OUT/_link/` and nothing else.

The lexicon is made anew from the run's own copy; what the user has installed since does not matter.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from link.audit.differences import Differences
from link.errors import LexiconError, UsageError, reason_of
from link.kernel import KERNEL_VERSION
from link.language.headwords import Language
from link.lexicon import Lexicon, Lexicons
from link.lexicon.decode import MOST_BYTES
from link.lexicon.select import EVERYTHING, Selection
from link.policy import Policy
from link.reference import Headwords
from link.run.folder import RunFolder
from link.run.plan import RunSpec
from link.run.run_json import FILES, read_run, refuse_damaged
from link.shards.codecs import parse_compression
from link.shards.fields import Fields, parse_where
from link.shards.text import LINE
from link.untrusted import read_file

LEXICON, INFLECTIONS = "lexicon", "inflections"
ONLY, SKIP = "only-words.txt", "skip-words.txt"


@dataclass(frozen=True)
class Settings:
    """A run as it was asked for. `run`: what run.json holds."""

    spec: RunSpec
    run: dict[str, Any]
    folder: RunFolder

    def headwords(self) -> Headwords:
        """What may be swapped, as the reference kernel needs it."""
        parts, weights = self.spec.lexicons.parts, self.spec.lexicons.weights
        headwords = [
            headword._replace(language=number)
            for number, part in enumerate(parts)
            for headword in part.headwords
        ]
        languages = [
            Language(part.language, weight) for part, weight in zip(parts, weights, strict=True)
        ]
        return Headwords(headwords, languages)

    @property
    def codes(self) -> list[str]:
        """The languages."""
        return self.spec.lexicons.codes


def settings_of(
    inputs: Sequence[str], output: Path, link_dir: Path | None, differences: Differences
) -> Settings:
    """What the run of an output folder was to do with some inputs.

    A copy of the lexicon or of a word list that is not the one the run was made with is a
    difference. Raises `UsageError` for what cannot be read, or was made by another kernel.
    """
    folder = RunFolder(output, link_dir)
    run = read_run(folder)
    if run["kernel_version"] != KERNEL_VERSION:
        raise UsageError(
            f"{output} was made by version {run['kernel_version']} of the kernel, and this is "
            f"version {KERNEL_VERSION}, which gives other swaps; verify it with LINK "
            f"{run.get('version')}"
        )
    refuse_damaged(run, folder)
    try:
        _check_copies(run, folder, differences)
        return Settings(_spec(inputs, output, run, folder, differences), run, folder)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{folder.run_path} is damaged: {error!r}") from error


def _spec(
    inputs: Sequence[str],
    output: Path,
    run: dict[str, Any],
    folder: RunFolder,
    differences: Differences,
) -> RunSpec:
    document = run["document"]
    if document == LINE and not any(name.startswith("stdin.txt") for name in folder.planned()):
        document = None  # which matters to standard input alone
    return RunSpec(
        inputs=inputs,
        output=output,
        lexicons=_lexicons(run, folder, differences),
        policy=Policy(seed=run["seed"], **run["policy"]),
        fields=Fields(
            tuple(run["text_field"]),
            run["key_field"],
            tuple(map(parse_where, run["where"])),
            run["mark"],
        ),
        container=run["format"],
        compression=parse_compression(run["compression"]) if run["compression"] else None,
        document=document,
        on_error=run["on_error"],
        swaps=run["swaps"],
        link_dir=None if folder.swaps.parent == folder.path else folder.swaps.parent,
    )


# --- the lexicon ---------------------------------------------------------------------------------


def _lexicons(run: dict[str, Any], folder: RunFolder, differences: Differences) -> Lexicons:
    told = run["lexicons"]
    weights: dict[str, float] = {}
    for one in told:
        weights.setdefault(_language_of(one, told), one["weight"])
    selection = _selection(run["select"], folder)
    parts = []
    for language in weights:
        parts.append(_lexicon(folder, _ending(language, weights), selection, differences))
    return Lexicons(tuple(parts), tuple(weights.values()))


def _lexicon(
    folder: RunFolder, ending: str, selection: Selection, differences: Differences
) -> Lexicon:
    path = folder.path / f"{LEXICON}{ending}"
    inflections = folder.path / f"{INFLECTIONS}{ending}"
    if not path.is_file():
        raise LexiconError(f"the run's copy of its lexicon, {path}, is not there")
    loaded = Lexicon.load(path, format="canonical", inflect=inflections.exists())
    lexicon = replace(loaded, selection=selection)
    if lexicon.canonical_text().encode() != _read(path):
        differences.add(str(path), "is not as a run writes it, so it was altered")
    if inflections.exists() and lexicon.inflections.text().encode() != _read(inflections):
        differences.add(
            str(inflections),
            "is not the table that lemminflect, as it is installed here, makes of the lexicon; "
            "install the release that the run was made with, or the table was altered",
        )
    return lexicon


def _selection(told: dict[str, Any] | None, folder: RunFolder) -> Selection:
    if told is None:
        return EVERYTHING
    sample = told["lexicon_sample"] or {"share": 1.0, "seed": 0}
    return Selection(
        only=_forms(folder.path / ONLY) if told["only_words"] else None,
        skip=_forms(folder.path / SKIP) if told["skip_words"] else frozenset(),
        sample=sample["share"],
        seed=sample["seed"],
    )


def _forms(path: Path) -> frozenset[str]:
    return frozenset(_read(path).decode().splitlines())


def _read(path: Path) -> bytes:
    try:
        return read_file(path, MOST_BYTES)
    except OSError as error:
        raise LexiconError(f"{path} cannot be read: {reason_of(error)}") from error


def _check_copies(run: dict[str, Any], folder: RunFolder, differences: Differences) -> None:
    """Every copy must have the hash that run.json has of it."""
    named = _hashes_of_lexicons(run)
    wanted = run.get(FILES)
    has_hashes = isinstance(wanted, dict)
    if isinstance(wanted, dict):
        for name, sha256 in named.items():
            if wanted.get(name) != sha256:
                differences.add(
                    str(folder.run_path),
                    f"has two hashes of {name}: {sha256} among the lexicons, {wanted.get(name)} "
                    f"among the {FILES}",
                )
    else:  # of a run before there were any
        wanted = named
        select = run["select"] or {}
        for name, key in ((ONLY, "only_words"), (SKIP, "skip_words")):
            if select.get(key):
                wanted[name] = select[key]["sha256"]
    for name, sha256 in wanted.items():
        path = folder.path / name
        if hashlib.sha256(_read(path)).hexdigest() != sha256:
            differences.add(str(path), "was altered: its hash is not the one in run.json")
    present = {path.name for end in (LEXICON, INFLECTIONS) for path in folder.path.glob(end + "*")}
    for name in sorted(present - wanted.keys()) if has_hashes else ():
        differences.add(str(folder.path / name), "is not a file of this run: run.json has no hash")


def _hashes_of_lexicons(run: dict[str, Any]) -> dict[str, str]:
    """Of each language that has one lexicon, the hashes of the copies, as that is told of."""
    by_language: dict[str, list[dict[str, Any]]] = {}
    for one in run["lexicons"]:
        by_language.setdefault(_language_of(one, run["lexicons"]), []).append(one)
    hashes = {}
    for language, several in by_language.items():
        if len(several) > 1:
            continue
        [told] = several
        ending = _ending(language, by_language)
        hashes[f"{LEXICON}{ending}"] = told["sha256"]
        if told["inflected_forms"]:
            hashes[f"{INFLECTIONS}{ending}"] = told["inflections_sha256"]
    return hashes


def _language_of(told: dict[str, Any], every: list[dict[str, Any]]) -> str:
    """A lexicon that names no language goes with the others, if those are of one."""
    known = {one["language"] for one in every if one["language"]}
    language: str = told["language"] or (known.pop() if len(known) == 1 else "")
    return language


def _ending(language: str, languages: Collection[str]) -> str:
    return f"-{language}.tsv" if len(languages) > 1 else ".tsv"
