"""Previews: what is shown is what a run does, of documents from anywhere in the input."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

import link
from link.errors import UsageError
from link.lexicon import Lexicon
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.preview.draw import draw_documents, find_records
from link.preview.versions import GAP, Previewed, Swap, Version, previews
from link.run.documents import reading_tasks
from link.run.task import Task
from link.shards.fields import Fields
from link.shards.find import find_shards
from tests.helpers import compress, json_lines, some_records

RIVALS = "# language: ar\nthe\tال\ndog\tكلب\ngreen house\tبيت أخضر\nriver\tنهر\n"
TEXTS = [
    'The dog\'s green house, and the dog \\ "sees" the river.',
    "don’t see the café, the 犬 or the dog's\n\nriver 😀 the dog",
    "",
    *(record["text"] for record in some_records(12, 3)),
]


@pytest.fixture(scope="module")
def lexicons(tmp_path_factory: pytest.TempPathFactory, lexicon: Lexicon) -> Lexicons:
    path = tmp_path_factory.mktemp("rival") / "ar.tsv"
    path.write_text(RIVALS, encoding="utf-8")
    return Lexicons.of([lexicon, Lexicon.load(path)])


def tasks_of(*paths: Path) -> list[Task]:
    return reading_tasks(find_shards(map(str, paths)), Fields(), None)


def after(version: Version) -> str:
    return "".join(
        part
        if isinstance(part, str)
        else (part.source + part.tail + part.written if part.is_annotation else part.written)
        for part in version.parts
    )


def before(version: Version) -> str:
    return "".join(
        part if isinstance(part, str) else part.source + part.tail for part in version.parts
    )


def everything(
    path: Path, lexicons: Lexicons, policy: Policy, ratios: list[float] | None = None
) -> Iterator[Previewed]:
    sampled = draw_documents(tasks_of(path), 1000, 0, None)
    yield from previews(sampled.documents, lexicons.compiled, policy, ratios or [policy.ratio])


@pytest.mark.parametrize("ascii_escapes", [True, False])
@pytest.mark.parametrize(
    "policy",
    [
        Policy(ratio=1.0),
        Policy(ratio=0.6, mode="annotate", seed=4, mix="word"),
        Policy(ratio=0.5, mode="replace=1,annotate=1", brackets="⟦⟧", of="eligible"),
        Policy(ratio=0.5, portion=0.5),
    ],
    ids=lambda policy: f"{policy.mode}-{policy.of}-{policy.portion}",
)
def test_a_preview_is_what_a_run_makes_of_the_document(
    tmp_path: Path, lexicons: Lexicons, policy: Policy, ascii_escapes: bool
) -> None:
    path = tmp_path / "a.jsonl"
    records = [{"text": text} for text in TEXTS]
    path.write_bytes(json_lines(records, ensure_ascii=ascii_escapes))
    swap = link.Substituter(list(lexicons.parts), policy)
    seen = 0
    for document in everything(path, lexicons, policy):
        text = TEXTS[document.number - 1]
        [version] = document.versions
        assert document.before == before(version) == text
        assert after(version) == swap(text)
        for each in version.swaps:
            assert text.encode()[each.at :].startswith(each.source.encode())
        seen += version.figures.swapped
    assert seen > 10


def test_a_phrase_is_one_swap(tmp_path: Path, lexicons: Lexicons) -> None:
    (tmp_path / "a.txt").write_text("my green house\n", encoding="utf-8")
    arabic = Lexicons.of([lexicons.parts[1]])
    [document] = everything(tmp_path / "a.txt", arabic, Policy(ratio=1.0))
    [swap] = document.versions[0].swaps
    assert swap == Swap(at=3, source="green house", written="بيت أخضر", language="ar")
    assert document.versions[0].figures.swapped == 2


def test_a_higher_ratio_shows_the_same_swaps_and_more(tmp_path: Path, lexicons: Lexicons) -> None:
    (tmp_path / "a.jsonl").write_bytes(json_lines([{"text": text} for text in TEXTS]))
    policy = Policy(translation="per-word", mode="replace=1,annotate=1")
    kept = added = 0
    for document in everything(tmp_path / "a.jsonl", lexicons, policy, [0.5, 0.1, 0.3]):
        asked = [version.figures.asked for version in document.versions]
        assert asked == [0.1, 0.3, 0.5]
        known: dict[int, str] = {}
        for version in document.versions:
            now = {swap.at: swap.written for swap in version.swaps}
            assert known.items() <= now.items()
            new = {swap.at for swap in version.swaps if swap.is_new}
            assert new == now.keys() - known.keys()
            kept, added = kept + len(known), added + len(new)
            known = now
    assert kept
    assert added


# --- which documents -----------------------------------------------------------------------------


def drawn(inputs: list[Path], count: int, seed: int = 0) -> list[str]:
    documents = draw_documents(tasks_of(*inputs), count, seed, None).documents
    return [each.text.decode() for each in documents]


def test_documents_are_drawn_the_same_however_they_are_stored(tmp_path: Path) -> None:
    records = some_records(200, 5)
    one, halves = tmp_path / "one.jsonl.zst", tmp_path / "halves"
    one.write_bytes(compress(json_lines(records), "zst"))
    halves.mkdir()
    (halves / "a.jsonl").write_bytes(json_lines(records[:90], ensure_ascii=False))
    pa.parquet.write_table(pa.Table.from_pylist(records[90:]), halves / "b.parquet")
    first = drawn([one], 5)
    assert len(set(first)) == 5
    assert sorted(drawn([halves], 5)) == sorted(first)
    assert set(drawn([one], 3)) < set(first)
    assert set(drawn([one], 5, seed=1)) != set(first)


def test_documents_come_from_the_whole_input_in_its_order(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(json_lines([{"text": f"number {n}"} for n in range(5000)]))
    numbers = [int(text.split()[1]) for text in drawn([tmp_path / "a.jsonl"], 40)]
    assert numbers == sorted(numbers)
    assert min(numbers) < 1000
    assert max(numbers) > 4000


def test_the_same_document_is_shown_once_and_an_empty_one_never(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(json_lines([{"text": "a"}, {"text": ""}, {"text": "b"}] * 9))
    assert sorted(drawn([tmp_path / "a.jsonl"], 3)) == ["a", "b"]


def test_of_a_large_input_shards_are_drawn_and_read_in_part(tmp_path: Path) -> None:
    for shard in range(6):
        lines = json_lines([{"text": f"{shard} {n} {'x' * 500}"} for n in range(4000)])
        (tmp_path / f"{shard}.jsonl").write_bytes(lines)
    tasks = tasks_of(tmp_path)
    sampled = draw_documents(tasks, 4, 0, 200_000)
    assert len(sampled.documents) == 4
    assert len({document.shard for document in sampled.documents}) > 1
    assert sampled.begins_of
    assert sampled.seen < 18_000


def test_a_record_is_named_by_its_line(tmp_path: Path, lexicons: Lexicons) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text":"one"}\n\n{"text":"three"}\n{"text":null}\n{"no":1}\n')
    tasks = tasks_of(path)
    assert [each.number for each in find_records(tasks, [3]).documents] == [3]
    for number, reason in {
        2: "record 2 has no document",
        4: "record 4 has no document",
        5: "record 5 is a bad one: no field 'text'",
        9: "record 9 has no document that could be swapped; the shard ends after 5",
    }.items():
        with pytest.raises(UsageError, match=reason):
            find_records(tasks, [number])


def test_a_record_far_behind_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(json_lines([{"text": f"{n} {'x' * 900}"} for n in range(3000)]))
    [document] = find_records(tasks_of(path), [2999]).documents
    assert document.text.startswith(b"2998 ")


def test_an_input_without_documents_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"text":null}\n')
    with pytest.raises(UsageError, match="no document in the input"):
        draw_documents(tasks_of(tmp_path), 3, 0, None)


# --- excerpts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["replace", "annotate"])
def test_an_excerpt_is_the_stretch_with_most_swaps_in_all_versions(
    tmp_path: Path, lexicons: Lexicons, mode: str
) -> None:
    quiet = "nothing — of this is a headword, é. " * 600
    text = f"the dog {quiet}the dog's green house and the river, don’t see a dog {quiet}the dog"
    (tmp_path / "a.jsonl").write_bytes(json_lines([{"text": text}]))
    documents = draw_documents(tasks_of(tmp_path), 1, 0, None).documents
    [whole] = previews(documents, lexicons.compiled, Policy(mode=mode), [0.4, 1.0])
    [part] = previews(documents, lexicons.compiled, Policy(mode=mode), [0.4, 1.0], 80)
    assert "house and the river" in part.before
    assert len(part.before) < 160
    assert part.before.startswith(GAP)
    assert part.before.endswith(GAP)
    begin = len(text[: text.index(part.before.strip(GAP))].encode())
    end = begin + len(part.before.strip(GAP).encode())
    for version, all_of_it in zip(part.versions, whole.versions, strict=True):
        assert before(version) == part.before
        assert version.figures == all_of_it.figures
        assert version.swaps == [swap for swap in all_of_it.swaps if begin <= swap.at < end]
    assert len(part.versions[1].swaps) > 4


@pytest.mark.parametrize("characters", [1, 7, 50, 333, 4000])
@pytest.mark.parametrize("text", ["the dog " * 60, "犬" * 400, "the " + "é" * 300 + " dog"])
def test_an_excerpt_says_where_it_is_cut_and_keeps_swaps_whole(
    tmp_path: Path, lexicons: Lexicons, text: str, characters: int
) -> None:
    (tmp_path / "a.jsonl").write_bytes(json_lines([{"text": text}]))
    documents = draw_documents(tasks_of(tmp_path), 1, 0, None).documents
    [part] = previews(documents, lexicons.compiled, Policy(ratio=1.0), [1.0], characters)
    kept = part.before.strip(GAP)
    assert min(characters, len(text)) <= len(kept) <= characters + 90
    assert part.before.startswith(GAP) or text.startswith(kept)
    assert part.before.endswith(GAP) or text.endswith(kept)
    assert kept in text
    assert before(part.versions[0]) == part.before
