"""`link export`: what it writes says of both texts what is true of them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from link.cli import cli
from link.export.documents import Part, Run, Swap
from link.export.sentences import aligned, sentences_of
from tests.helpers import json_lines, stored_lines
from tests.strategies import examples

TEXT = (
    'The dog’s bed, e.g. the old one, is by Dr. Stone\'s house. "Is it warm?" asked the boy.\n'
    "He ran home in spite of the rain!\n\nA house (with a red door) \\ stood there"
)
LEXICON = "dog\tHund\nold\talt\nhouse\tHaus\nin spite of\ttrotz\nwarm\twarmer Ort\nred\trot\n"
OTHER = "dog\thond\nrain\tregen\nin spite\tondanks\nhouse\thuis\n"


def link(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)])


def made(folder: Path, name: str, lexicon: str, *options: str, **corpus: bytes) -> Path:
    """The output folder of a run over a corpus."""
    lexicon_path = folder / f"en-{name}.tsv"
    header = f"# language: {name}\n# licence: CC0-1.0\n"
    lexicon_path.write_text(header + lexicon, encoding="utf-8")
    (folder / "corpus").mkdir(exist_ok=True)
    corpus = corpus or {"a.jsonl": json_lines([{"text": TEXT}, {"text": "No swap."}])}
    for shard, data in corpus.items():
        (folder / "corpus" / shard).write_bytes(data)
    out = folder / f"out-{name}"
    more = ("--swaps", "--ratio", "1", "-q", *options)
    done = link("substitute", folder / "corpus", "-o", out, "-l", lexicon_path, *more)
    assert done.exit_code == 0, done.stderr
    return out


def exported(*arguments: str | Path) -> list[dict[str, Any]]:
    done = link("export", *arguments, "-o", "-", "-q")
    assert done.exit_code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_sentence_with_swaps_is_a_pair(tmp_path: Path) -> None:
    pairs = exported(made(tmp_path, "de", LEXICON))
    assert [(pair["source"], pair["target"]) for pair in pairs] == [
        (
            "The dog’s bed, e.g. the old one, is by Dr. Stone's house.",
            "The Hund’s bed, e.g. the alt one, is by Dr. Stone's Haus.",
        ),
        ('"Is it warm?" asked the boy.', '"Is it warmer Ort?" asked the boy.'),
        ("He ran home in spite of the rain!", "He ran home trotz the rain!"),
        ("A house (with a red door) \\ stood there", "A Haus (with a rot door) \\ stood there"),
    ]
    assert [pair["sentence"] for pair in pairs] == [0, 1, 2, 3]
    assert pairs[1]["alignment"] == "0-0 1-1 2-2 3-3 3-4 4-5 5-6 6-7 7-8 8-9 9-10"
    assert pairs[2]["alignment"] == "0-0 1-1 2-2 3-3 4-3 5-3 6-4 7-5 8-6"


@pytest.mark.parametrize("mode", ["replace", "annotate", "replace=0.5,annotate=0.5"])
@pytest.mark.parametrize("shard", ["a.jsonl", "a.txt"])
def test_spans_and_tokens_are_those_of_the_texts(mode: str, shard: str, tmp_path: Path) -> None:
    data = json_lines([{"text": TEXT}]) if shard == "a.jsonl" else TEXT.encode()
    out = made(tmp_path, "de", LEXICON, "--mode", mode, **{shard: data})
    pairs = exported(out)
    assert len(pairs) == 4
    for pair in pairs:
        source, target = pair["source_tokens"], pair["target_tokens"]
        assert "".join(source) == "".join(pair["source"].split())
        assert "".join(target) == "".join(pair["target"].split())
        links = {tuple(map(int, one.split("-"))) for one in pair["alignment"].split()}
        assert {one for one, _ in links} == set(range(len(source)))
        brackets = {n for n, token in enumerate(target) if token in "()"}
        assert set(range(len(target))) - {other for _, other in links} <= brackets
        for swap in pair["swaps"]:
            begin, end = swap["source_span"]
            assert pair["source"][begin:end] == swap["word"]
            begin, end = swap["target_span"]
            assert pair["target"][begin:end] == swap["translation"]
    words = exported(out, "--as", "words")
    assert [word["word"] for word in words] == [s["word"] for p in pairs for s in p["swaps"]]


def test_escapes_and_other_formats_give_the_same(tmp_path: Path) -> None:
    escaped = json.dumps({"text": TEXT}).encode() + b"\n"
    plain = exported(made(tmp_path, "de", LEXICON, **{"a.jsonl": json_lines([{"text": TEXT}])}))
    again = exported(made(tmp_path, "de", LEXICON, "--overwrite", **{"a.jsonl": escaped}))
    assert again == plain
    as_parquet = ("--overwrite", "--format", "parquet")
    columns = exported(made(tmp_path, "de", LEXICON, *as_parquet, **{"a.jsonl": escaped}))
    assert columns == [{**pair, "shard": "a.parquet"} for pair in plain]


def test_the_translations_of_several_runs_stand_behind_a_word(tmp_path: Path) -> None:
    german, dutch = made(tmp_path, "de", LEXICON), made(tmp_path, "nl", OTHER)
    [record] = exported(german, dutch, "--as", "prompts")
    assert record["text"].startswith("The dog (Hund, hond)’s bed, e.g. the old (alt) one")
    assert "in spite of (trotz) the rain (regen)!" in record["text"]
    assert exported(german, "--as", "prompts")[0]["text"].count("(") == 8


def test_runs_over_different_texts_are_refused(tmp_path: Path) -> None:
    german = made(tmp_path, "de", LEXICON)
    dutch = made(tmp_path, "nl", OTHER, **{"a.jsonl": json_lines([{"text": "A dog."}])})
    done = link("export", german, dutch, "-o", "-", "--as", "prompts")
    assert "must be over the same corpus" in str(done.exception)


def test_the_files_of_pharaoh_are_parallel(tmp_path: Path) -> None:
    done = link("export", made(tmp_path, "de", LEXICON), "-o", tmp_path / "x", "--as", "pharaoh")
    assert (done.exit_code, done.stderr) == (0, "link: 4 sentences written\n")
    source, target, links = (
        (tmp_path / f"x.{end}").read_text(encoding="utf-8").splitlines()
        for end in ("source", "target", "align")
    )
    assert source[2] == "He ran home in spite of the rain !"
    assert target[2] == "He ran home trotz the rain !"
    assert links[2] == "0-0 1-1 2-2 3-3 4-3 5-3 6-4 7-5 8-6"
    assert len(source) == len(target) == len(links) == 4


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_a_file_is_compressed_by_its_ending(ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"pairs.jsonl{ending}"
    out = made(tmp_path, "de", LEXICON)
    assert link("export", out, "-o", file, "-q").exit_code == 0
    assert [json.loads(line) for line in stored_lines(file).splitlines()] == exported(out)


def test_what_cannot_be_told_is_an_error_and_leaves_no_file(tmp_path: Path) -> None:
    two = {name: json_lines([{"text": TEXT}]) for name in ("a.jsonl", "b.jsonl")}
    out, file = made(tmp_path, "de", LEXICON, **two), tmp_path / "pairs.jsonl"
    shard = out / "a.jsonl"
    whole = shard.read_bytes()
    shard.write_bytes(whole.replace(b"Hund", b"Huhn"))
    done = link("export", out, "-o", file)
    assert "a.jsonl: record 0: the sidecar" in str(done.exception)
    assert not file.exists()
    shard.unlink()
    done = link("export", out, "-o", file)
    assert "is not finished (shards missing: 1, the first is a.jsonl)" in str(done.exception)
    shard.write_bytes(whole)
    assert "is inside" in str(link("export", out, "-o", out / "pairs.jsonl").exception)
    bare = tmp_path / "bare"
    arguments = ("substitute", tmp_path / "corpus", "-o", bare, "-l", tmp_path / "en-de.tsv", "-q")
    assert link(*arguments).exit_code == 0
    assert "has no sidecars" in str(link("export", bare, "-o", file).exception)


def links(pair: dict[str, Any]) -> list[str]:
    """The aligned tokens of a pair, such as `dog-Hund`."""
    numbers = [tuple(map(int, one.split("-"))) for one in pair["alignment"].split()]
    return [f"{pair['source_tokens'][a]}|{pair['target_tokens'][b]}" for a, b in numbers]


@pytest.mark.parametrize(
    ("lexicon", "options", "text", "wanted"),
    [
        (
            "dog\tHund",
            ("--mode", "annotate"),
            "a _dog_ ran",
            "a|a _dog_|_dog _dog_|Hund _dog_|_ ran|ran",
        ),
        ("dog\tHr.", (), "a dog's bed.", "a|a dog's|Hr dog's|. dog's|' dog's|s bed|bed .|."),
    ],
)
def test_tokens_behind_a_word_of_other_tokens_stay_aligned(
    lexicon: str, options: tuple[str, ...], text: str, wanted: str, tmp_path: Path
) -> None:
    corpus = {"a.jsonl": json_lines([{"text": text}])}
    [pair] = exported(made(tmp_path, "de", lexicon + "\n", *options, **corpus))
    assert links(pair) == wanted.split(" ")


def test_an_annotated_letter_before_its_own_ending_is_found(tmp_path: Path) -> None:
    corpus = {"a.jsonl": json_lines([{"text": "two s's here, in an s too"}])}
    [pair] = exported(
        made(tmp_path, "de", "s\tEs\n", "--mode", "annotate", "--names", "swap", **corpus)
    )
    assert pair["target"] == "two s's (Es) here, in an s (Es) too"
    assert [swap["source_span"] for swap in pair["swaps"]] == [[4, 5], [20, 21]]


def test_runs_of_other_text_fields_are_refused(tmp_path: Path) -> None:
    corpus = {"a.jsonl": json_lines([{"title": "dog", "text": "dog"}])}
    both = ("--text-field", "title", "--text-field", "text")
    german = made(tmp_path, "de", LEXICON, *both, **corpus)
    dutch = made(tmp_path, "nl", OTHER, **corpus)
    done = link("export", german, dutch, "-o", "-", "--as", "prompts")
    assert "different shards or text fields" in str(done.exception)


def test_the_files_of_pharaoh_are_compressed_by_the_ending(tmp_path: Path) -> None:
    out = made(tmp_path, "de", LEXICON)
    for ending in ("", ".gz"):
        file = tmp_path / f"x{ending}"
        assert link("export", out, "-o", file, "--as", "pharaoh").exit_code == 0
    for kind in ("source", "target", "align"):
        plain = (tmp_path / f"x.{kind}").read_bytes()
        assert stored_lines(tmp_path / f"x.{kind}.gz") == plain


def test_a_pipe_and_a_link_are_written_and_not_replaced(tmp_path: Path) -> None:
    out, target, alias = made(tmp_path, "de", LEXICON), tmp_path / "target", tmp_path / "alias"
    target.touch()
    alias.symlink_to(target)
    assert link("export", out, "-o", alias, "-q").exit_code == 0
    assert alias.is_symlink()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        try:
            assert link("export", out, "-o", pipe, "-q").exit_code == 0
            read, _ = reader.communicate(timeout=60)
        finally:
            reader.kill()  # if it still waits for what went elsewhere
    assert read == target.read_bytes() != b""


WORDS = st.sampled_from(["dog", "house", "Dr", "a", "it’s", "हिन्दी", "été", "3rd", "x"])
MARKS = st.sampled_from([" ", ". ", "! ", "\n", "\n\n", ", ", "-", ' "', "…"])
SWAPS = st.builds(
    lambda word, new, is_annotation, tail: Swap(
        word + tail * is_annotation,
        f"{word}{tail} ({new})" if is_annotation else new,
        word,
        new,
        "de",
        is_annotation,
        2 * is_annotation,
    ),
    WORDS,
    WORDS | st.just("zwei Worte"),
    st.booleans(),
    st.sampled_from(["", "'s"]),
)


@examples(200)
@given(st.lists(st.tuples(WORDS | SWAPS, MARKS), max_size=12))
def test_no_text_and_no_swap_is_lost_between_sentences(some: list[tuple[Part, str]]) -> None:
    parts = [part for pair in some for part in pair]
    sentences = list(sentences_of(parts))
    before = "".join(part if isinstance(part, str) else part.before for part in parts)
    after = "".join(part if isinstance(part, str) else part.after for part in parts)
    assert "".join("".join(s.before for s in sentences).split()) == "".join(before.split())
    assert "".join("".join(s.after for s in sentences).split()) == "".join(after.split())
    assert [each.swap for sentence in sentences for each in sentence.swaps] == [
        part for part in parts if isinstance(part, Swap)
    ]
    for sentence in sentences:
        for each in sentence.swaps:
            assert sentence.before[slice(*each.word)] == each.swap.word
            assert sentence.after[slice(*each.translation)] == each.swap.translation
        tokens = aligned(sentence)
        assert {one for one, _ in tokens.pairs} == set(range(len(tokens.before)))


def test_a_run_tells_its_documents_in_order(tmp_path: Path) -> None:
    records = [{"text": "a dog", "more": "the house"}, {"text": "none"}, {"more": "old dog"}]
    two = ("--text-field", "text", "--text-field", "more")
    out = made(tmp_path, "de", LEXICON, *two, **{"b.jsonl": json_lines(records)})
    (out.parent / "corpus").rename(out.parent / "gone")  # the input is not needed
    told = [(each.record, each.field) for each in Run(out).documents()]
    assert told == [(0, "text"), (0, "more"), (2, "more")]


def test_a_blank_line_ends_a_sentence_whatever_follows() -> None:
    text = "He slept.\n\nthe end of Mr.\r\n\r\nStone. and more"
    sentences = [sentence.before for sentence in sentences_of([text])]
    assert sentences == ["He slept.", "the end of Mr.", "Stone. and more"]


def test_brackets_may_hold_what_the_translation_holds(tmp_path: Path) -> None:
    lexicon = "dog\ta\n"
    out = made(tmp_path, "de", lexicon, "--mode", "annotate", "--brackets", "(a")
    [pair] = [each for each in exported(out) if "dog" in each["source"]]
    [swap] = pair["swaps"]
    begin = pair["target"].index("(aa") + 1
    assert swap["target_span"] == [begin, begin + 1]


def test_pharaoh_files_are_utf_8(tmp_path: Path) -> None:
    out = made(tmp_path, "de", LEXICON, **{"a.jsonl": b'{"text": "A \\ud800 dog."}\n'})
    done = link("export", out, "-o", tmp_path / "p", "--as", "pharaoh")
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "p.target").read_text("utf-8") == "A \ufffd Hund .\n"
