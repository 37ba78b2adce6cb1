"""Shards, vocabulary and token arrays of each arm, made by the `link` command as a user would.

An arm is what is done to the English shards before training: nothing (`baseline`), `link
substitute` with a lexicon (`link`), or with that lexicon's translations shuffled among words of
about the same frequency (`wrong_lexicon`), which tells what the lexicon is worth beyond mere noise.
"""

import json
import lzma
import random
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import sentencepiece
from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
DOSE = ["--ratio", "0.3", "--portion", "0.5"]
END_OF_TEXT = 2  # `</s>` of `link tokenizer train`
NEIGHBOURS = 10  # words of about the same frequency, whose translations the wrong lexicon shuffles


class Link:
    """Runs `link` in a folder and remembers each command, so that the page can show them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.commands: list[str] = []

    def __call__(self, *arguments: str | Path) -> None:
        words = [str(argument) for argument in arguments]
        self.commands.append(shlex.join(["link", *words]))
        done = subprocess.run(
            [sys.executable, "-m", "link", *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{self.commands[-1]}\n{done.stderr}")

    def substitute(
        self, shards: str, out: str, lexicon: Path | str, seed: int, *options: str
    ) -> str:
        """Substitutes a folder's shards; the name of the folder of what came of it."""
        self("substitute", shards, "-o", out, "-l", lexicon, *options, "--seed", str(seed), "-q")
        return out

    def dose(self, out: str) -> float:
        """Share of the words of a run's touched documents that was swapped."""
        manifest = json.loads((self.folder / out / "_link" / "manifest.json").read_text())
        return manifest["totals"]["swapped"] / max(1, manifest["totals"]["words_touched"])


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def read(path: Path) -> list[dict[str, str]]:
    """The records of a shard, or of all JSON Lines shards of a run's output, in order."""
    lines = []
    for shard in sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]:
        if "_link" in shard.parts:
            continue
        with lzma.open(shard) if shard.suffix == ".xz" else shard.open("rb") as file:
            lines += file.read().splitlines()
    return [json.loads(line) for line in lines]


def write(folder: Path, records: Iterable[dict[str, str]]) -> None:
    folder.mkdir(parents=True)
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    (folder / "part.jsonl").write_text(lines, encoding="utf-8")


def frequencies(texts: Iterable[str]) -> Counter[str]:
    return Counter(word.casefold() for text in texts for word in WORD.findall(text))


def wrong_lexicon(lexicon: Path, counts: Counter[str], out: Path, seed: int) -> None:
    """Writes a canonical lexicon whose headwords have the translations of a neighbour.

    Headwords are sorted by frequency in the corpus, cut into runs of `NEIGHBOURS`, and each run is
    rotated by a random number of places: as many headwords and translations, none in its place.
    """
    lines = lexicon.read_text(encoding="utf-8").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    senses: dict[str, list[str]] = {}
    for line in lines:
        if line and not line.startswith("#"):
            source, rest = line.split("\t", 1)
            senses.setdefault(source, []).append(rest)
    by_frequency = sorted(senses, key=lambda word: (-counts[word.casefold()], word))
    rng = random.Random(seed)
    wrong = []
    for start in range(0, len(by_frequency), NEIGHBOURS):
        words = by_frequency[start : start + NEIGHBOURS]
        turn = rng.randrange(1, len(words)) if len(words) > 1 else 0
        for word, other in zip(words, words[turn:] + words[:turn], strict=True):
            wrong += [f"{word}\t{rest}" for rest in senses[other]]
    out.write_text("\n".join([*comments, *wrong]) + "\n", encoding="utf-8")


class Tokens:
    """Texts -> one array of token ids, each document followed by the end-of-text mark."""

    def __init__(self, model: Path) -> None:
        self.model = sentencepiece.SentencePieceProcessor(model_file=str(model))

    def stream(self, records: Iterable[dict[str, str]]) -> NDArray[np.int32]:
        ids: list[int] = []
        for document in self.model.encode([record["text"] for record in records]):
            ids += [*document, END_OF_TEXT]
        return np.array(ids, np.int32)

    def ids(self, text: str) -> list[int]:
        return list(self.model.encode(text))
