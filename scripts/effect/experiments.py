"""The data of the two experiments: which text is English, which is held out, and the arms."""

import json
import lzma
import os
import random
from argparse import Namespace
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import clone
import numpy as np
import yaml
from data import (
    CORPUS,
    DOSE,
    ROOT,
    Link,
    Tokens,
    frequencies,
    fresh,
    read,
    write,
    wrong_lexicon,
)

# Books of the target language and of English do not overlap, nor do those of training and of
# validation: no passage is seen in two languages, and none that is measured is seen at all.
TARGET_BOOKS = ("Luke", "Rom", "Heb")
TARGET_VALIDATION_BOOKS = ("Acts", "John", "1Cor")
ENGLISH_VALIDATION_BOOKS = ("1Sam", "Ruth", "Esth", "Neh", "Lam")
FACTS_VALIDATION = 20_000  # tokens: what a grammar makes varies little
FACTS_PIECES = 1000  # of the vocabulary: the clone language has few words

KNOBS = {
    "ratio": [["--ratio", ratio, "--portion", "0.5"] for ratio in ("0.1", "0.3", "0.6")],
    "portion": [["--ratio", "0.3", "--portion", portion] for portion in ("0.25", "0.5", "1")],
    "coverage": [[*DOSE, "--lexicon-sample", share] for share in ("0.25", "0.5", "1")],
    "domain": [
        ["--ratio", "0.02", "--portion", "1", "--inflect-words", option, "{domain_words}"]
        for option in ("--only-words", "--skip-words")
    ],
    "mode": [[*DOSE, "--mode", mode] for mode in ("replace", "annotate")],
    "sense": [[*DOSE, "--sense", sense] for sense in ("context", "weight")],
}


Arms = dict[str, dict[int, str]]  # arm -> seed -> folder of its English shards


@dataclass(frozen=True)
class Data:
    """What one experiment's jobs read, and the arms that it has: arm -> seed -> stream."""

    folder: Path
    arms: Arms
    doses: dict[str, float]
    commands: list[str]
    pieces: int  # of the vocabulary


def facts_data(options: Namespace) -> Data:
    folder = fresh(options.out / "data" / "facts")
    link = Link(folder)
    stories, target_stories, validation, target_validation = (
        clone.stories(options.stories // part, seed) for seed, part in enumerate((1, 10, 5, 5))
    )
    twin = clone.twins(clone.grammar())
    (folder / "relations.yaml").write_text(yaml.safe_dump(clone.relations(twin), sort_keys=False))
    lexicon = folder / "en-clone.tsv"
    pairs = "".join(f"{word}\t{other}\n" for word, other in twin.items())
    lexicon.write_text(f"# name: en-clone\n# language: art\n{pairs}", encoding="utf-8")
    write(folder / "stories", stories)
    # Facts of some people are told in English; of others, in the clone language.
    make = ["facts", "make", "--make", str(options.people), "--relations", "relations.yaml"]
    usual = ["--dev", "0", "-q"]
    repeats = {"known": options.repeats, "others": -(-options.repeats // 10)}
    absent = {"known": ["stories"], "others": ["stories", "known/passages"]}
    for seed, name in enumerate(repeats, start=1):
        looked_in = [part for shards in absent[name] for part in ("--absent-from", shards)]
        told = ["--repeats", str(repeats[name]), *looked_in, "--seed", str(seed)]
        link(*make, *told, *usual, "-o", name)
    passages = {name: read(folder / name / "passages") for name in repeats}
    english = shuffled([*stories, *passages["known"]])
    write(folder / "english", english)
    write(folder / "target", shuffled([*target_stories, *passages["others"]]))
    write(folder / "target-validation", target_validation)
    whole = ["--ratio", "1", "--portion", "1", "--protect", "none"]
    target, in_clone = (
        link.substitute(shards, f"{shards}-clone", lexicon.name, 0, *whole)
        for shards in ("target", "target-validation")
    )
    dose = [*DOSE, "--where", "swap=may", "--key-field", "id"]
    counts = frequencies(one["text"] for one in english)
    arms = standard_arms(link, lexicon, counts, dose, options)
    tokens = vocabulary(link, arms, target, min(FACTS_PIECES, options.model.vocabulary), options)
    save_streams(folder, tokens, arms)
    np.save(folder / "target.npy", tokens.stream(read(folder / target)))
    for language, text in (("target", read(folder / in_clone)), ("english", validation)):
        stream = tokens.stream(text)[: min(FACTS_VALIDATION, options.validation_tokens)]
        np.save(folder / f"{language}-validation.npy", stream)
    questions = [encoded(one, tokens) for one in read(folder / "known" / "questions.jsonl")]
    (folder / "questions.json").write_text(json.dumps(questions))
    both = zip(target_validation, read(folder / in_clone), strict=True)
    save_triplets(link, tokens, [(one["text"], other["text"]) for one, other in both][:300], "art")
    return Data(folder, arms, {}, link.commands, tokens.model.get_piece_size())


def encoded(question: dict, tokens: Tokens) -> dict[str, object]:
    """A question of `link facts make`, for `train.answers`."""
    kinds = {
        ("target", "never"): "facts",
        ("target", "may"): "told_in_swapped",
        ("english", "never"): "in_english",
        ("english", "may"): "in_english_swapped",
    }
    whole = [f"{question['prompt']}{one}{question['ending']}" for one in question["candidates"]]
    candidates = [tokens.ids(one) for one in whole]
    return {
        "kind": kinds[question["language"], question["swap"]],
        "candidates": candidates,
        "right": question["candidates"].index(question["answer"]),
        "asked": len(os.path.commonprefix(candidates)),  # noqa: RUF071
    }


def shuffled(records: list[dict]) -> list[dict]:
    """The records in another order, always the same."""
    return random.Random(1).sample(records, len(records))


def target_data(options: Namespace) -> Data:
    folder = fresh(options.out / "data" / "target")
    link = Link(folder)
    english, validation, target, target_validation, pairs = texts(link, options)
    write(folder / "english", english)
    write(folder / "target-text", target)
    lexicon = lexicon_file(options.lexicon)
    counts = frequencies(one["text"] for one in english)
    arms = standard_arms(link, lexicon, counts, DOSE, options)
    doses = {}
    for knob in options.knobs:
        for number, choice in enumerate(KNOBS[knob], start=1):
            choice = [one.format(domain_words=options.domain_words) for one in choice]
            label = f"{knob}: {' '.join(Path(one).name for one in choice)}"
            arms[label] = {
                seed: link.substitute("english", f"{knob}-{number}-{seed}", lexicon, seed, *choice)
                for seed in options.seeds
            }
            doses[label] = link.dose(arms[label][options.seeds[0]])
    tokens = vocabulary(link, arms, "target-text", options.model.vocabulary, options)
    save_streams(folder, tokens, arms)
    stream = tokens.stream(target)[: options.target_tokens]
    np.save(folder / "target.npy", stream)
    save_validation(folder, tokens, "target", target_validation, options)
    save_validation(folder, tokens, "english", validation, options)
    if pairs:
        save_triplets(link, tokens, pairs, "es")
    return Data(folder, arms, doses, link.commands, tokens.model.get_piece_size())


def texts(link: Link, options: Namespace) -> tuple[list, list, list, list, list]:
    """English to train on and to measure on, the same of the target language, and pairs of
    sentences: the shipped texts, or the user's own.
    """
    if options.english is None:
        bible, other = read(CORPUS / "english.jsonl.xz"), read(CORPUS / "spanish.jsonl.xz")
        validation = books(bible, ENGLISH_VALIDATION_BOOKS)
        english = [one for one in bible if one["book"] not in ENGLISH_VALIDATION_BOOKS]
        target = books(other, TARGET_BOOKS)
        target_validation = books(other, TARGET_VALIDATION_BOOKS)
        with lzma.open(CORPUS / "pairs.tsv.xz", "rt", encoding="utf-8") as file:
            pairs = [tuple(line.rstrip("\n").split("\t")) for line in file]
    else:
        english, validation = split(own(link, options.english, "own-english"), every=10)
        target, target_validation = split(own(link, options.target, "own-target"), every=2)
        pairs = []
    return english[: options.documents], validation, target, target_validation, pairs


def lexicon_file(name: str) -> Path:
    return Path(name) if Path(name).exists() else ROOT / "lexicons" / f"{name}.tsv"


def books(records: list[dict[str, str]], names: tuple[str, ...]) -> list[dict[str, str]]:
    return [record for record in records if record["book"] in names]


def own(link: Link, shards: Path, out: str) -> list[dict[str, str]]:
    """The texts of shards of any format that `link` reads."""
    copy = ["--ratio", "0", "--format", "jsonl", "--compression", "none", "-q"]
    link("substitute", shards, "-o", out, *copy, "-l", "en-es")
    texts = (one["text"].encode(errors="replace").decode() for one in read(link.folder / out))
    return [{"text": text} for text in texts]


def split(records: list[dict[str, str]], every: int) -> tuple[list, list]:
    """Each so many documents one is for validation."""
    kept = [one for place, one in enumerate(records) if place % every]
    return kept, records[::every]


def standard_arms(
    link: Link,
    lexicon: Path,
    counts: Counter[str],
    dose: list[str],
    options: Namespace,
) -> Arms:
    named = lexicon.stem if lexicon.parent == ROOT / "lexicons" else lexicon.name
    arms: Arms = {"baseline": {}, "link": {}, "wrong_lexicon": {}}
    for seed in options.seeds:
        wrong = link.folder / f"wrong-{seed}.tsv"
        wrong_lexicon(lexicon, counts, wrong, seed)
        arms["baseline"][seed] = "english"
        arms["link"][seed] = link.substitute("english", f"link-{seed}", named, seed, *dose)
        arms["wrong_lexicon"][seed] = link.substitute(
            "english", f"wrong-{seed}", wrong.name, seed, *dose
        )
    return arms


def vocabulary(link: Link, arms: Arms, target: str, pieces: int, options: Namespace) -> Tokens:
    """One vocabulary for all arms, so that their losses can be compared. The sample is small enough
    for the target text to fill its quarter."""
    swapped = arms["link"][options.seeds[0]]
    target_bytes = sum(len(one["text"].encode()) for one in read(link.folder / target))
    sample = ["--sample", f"{4 * target_bytes // 1000}kB", "-q"]
    size = ["--vocab-size", str(pieces)]
    inputs = ["english=2", f"{swapped}=1", f"{target}=1"]
    link("tokenizer", "train", *inputs, "-o", "vocabulary", *size, *sample)
    return Tokens(link.folder / "vocabulary.model")


def save_streams(folder: Path, tokens: Tokens, arms: Arms) -> None:
    for name in {name for by_seed in arms.values() for name in by_seed.values()}:
        np.save(folder / f"{name}.npy", tokens.stream(read(folder / name)))


def save_validation(
    folder: Path, tokens: Tokens, language: str, records: list[dict[str, str]], options: Namespace
) -> None:
    stream = tokens.stream(records)[: options.validation_tokens]
    if len(stream) < options.validation_tokens:
        print(
            f"warning: only {len(stream)} tokens of {language} to measure the loss on", flush=True
        )
    np.save(folder / f"{language}-validation.npy", stream)


def save_triplets(link: Link, tokens: Tokens, pairs: list[tuple[str, str]], language: str) -> None:
    """Triplets for `train.meaning_mates`, of pairs of sentences in English and a language."""
    for side, name in enumerate(("en", language)):
        lines = "".join(f"{pair[side]}\n" for pair in pairs)
        (link.folder / f"pairs.{name}").write_text(lines, encoding="utf-8")
    files = ["pairs.en", f"pairs.{language}", "--languages", f"en,{language}"]
    link("probes", "abx", *files, "-o", "abx", "-q")
    texts = read(link.folder / "abx" / "texts.jsonl")
    triplets = read(link.folder / "abx" / "triplets.jsonl")
    found = {
        "texts": {text["file"]: tokens.ids(text["text"]) for text in texts},
        "triplets": [[one[role]["file"] for role in "abx"] for one in triplets],
    }
    (link.folder / "triplets.json").write_text(json.dumps(found))
