"""The library's face: strings, lists and Arrow arrays get what a shard's documents get."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import link
from link.run.task import Input, Output, Task
from tests.helpers import TINY_LEXICON, json_lines, some_records
from tests.run.helpers import do_shard

TEXTS = [
    *("", "The dog sees the river.", "no word of it: xyz", "THE DOG", "the dog's house"),
    *(
        "犬 and the dog 😀 don’t",
        "e\u0301 the dog\u0000",
        "\r\n\tthe\n\ndog ",
        "_the_ 3rd dog-house",
    ),
    *(record["text"] for record in some_records(20)),
]
LONE_SURROGATES = ["\ud800 the dog \udc00", "\ud83d", "the\ud800dog the"]
TYPES = [pa.string(), pa.large_string(), pa.string_view()]


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> link.Lexicon:
    path = tmp_path_factory.mktemp("lexicon") / "tiny.tsv"
    path.write_text(TINY_LEXICON, encoding="utf-8")
    return link.Lexicon.load(path)


@pytest.fixture(scope="module")
def substituter(lexicon: link.Lexicon) -> link.Substituter:
    return link.Substituter(lexicon, link.Policy(ratio=0.5, seed=7))


# --- strings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "policy",
    [
        link.Policy(),
        link.Policy(ratio=1, translation="per-word"),
        link.Policy(ratio=0.5, of="eligible", portion=0.7, seed=3),
    ],
)
@pytest.mark.parametrize("ascii_", [True, False])
def test_a_text_gets_what_a_shards_document_gets(
    tmp_path: Path, lexicon: link.Lexicon, policy: link.Policy, ascii_: bool
) -> None:
    texts = TEXTS + LONE_SURROGATES if ascii_ else TEXTS
    shard, out = tmp_path / "a.jsonl", tmp_path / "out.jsonl"
    shard.write_bytes(json_lines([{"text": text} for text in texts], ensure_ascii=ascii_))
    task = Task("out.jsonl", Input(str(shard)), Output(out))
    do_shard(task, lexicon, policy)
    documents = [json.loads(line)["text"] for line in out.read_bytes().splitlines()]
    assert documents != texts
    assert link.Substituter(lexicon, policy).batch(texts) == documents


def test_one_text_or_a_batch_of_any_kind_is_the_same(substituter: link.Substituter) -> None:
    alone = [substituter(text) for text in TEXTS]
    assert substituter.batch(TEXTS) == alone
    assert substituter.batch(tuple(TEXTS)) == alone
    assert substituter.batch(TEXTS[::-1]) == alone[::-1]


def test_the_same_call_gives_the_same_text(
    lexicon: link.Lexicon, substituter: link.Substituter
) -> None:
    again = link.Substituter(lexicon, link.Policy(ratio=0.5, seed=7))
    assert substituter.batch(TEXTS) == substituter.batch(TEXTS) == again.batch(TEXTS)


def test_nothing_comes_of_nothing(substituter: link.Substituter) -> None:
    assert substituter("") == ""
    assert substituter.batch([]) == []
    assert substituter.batch([""]) == [""]


def test_ratio_0_gives_back_the_text(lexicon: link.Lexicon) -> None:
    untouched = link.Substituter(lexicon, link.Policy(ratio=0))
    texts = TEXTS + LONE_SURROGATES
    assert untouched.batch(texts) == texts
    for type_ in TYPES:
        array = pa.array([*TEXTS, None], type_)
        assert untouched.arrow(array).equals(array)


def test_lone_surrogates_pass_through(lexicon: link.Lexicon) -> None:
    everything = link.Substituter(lexicon, link.Policy(ratio=1, translation="first"))
    assert everything("\ud800 the dog \udc00😀") == "\ud800 der Hund \udc00😀"


def test_the_policy_has_a_default(lexicon: link.Lexicon) -> None:
    default = link.Substituter(lexicon, link.Policy())
    assert link.Substituter(lexicon).batch(TEXTS) == default.batch(TEXTS)


# --- Arrow ----------------------------------------------------------------------------------------

SHAPES: dict[str, Callable[[pa.DataType], Any]] = {
    "whole": lambda type_: pa.array(TEXTS, type_),
    "with nulls": lambda type_: pa.array([None, *TEXTS, None, "the dog", None], type_),
    "only nulls": lambda type_: pa.nulls(5, type_),
    "only empty strings": lambda type_: pa.array([""] * 3, type_),
    "empty": lambda type_: pa.array([], type_),
    "one": lambda type_: pa.array(["the dog"], type_),
    "sliced": lambda type_: pa.array(["the", None, *TEXTS, None], type_)[1:-1],
    "sliced to nothing": lambda type_: pa.array(TEXTS, type_)[3:3],
    "sliced across a byte of nulls": lambda type_: pa.array([*"abcdefghij", None, "the"], type_)[
        9:
    ],
    "chunked": lambda type_: pa.chunked_array(
        [pa.array(TEXTS, type_), pa.array([], type_), pa.array([None, "the dog"], type_)[1:]]
    ),
    "chunked, no chunks": lambda type_: pa.chunked_array([], type_),
    "chunked and sliced": lambda type_: pa.chunked_array(
        [pa.array(TEXTS, type_), pa.array(TEXTS, type_)]
    )[2:-3],
}


@pytest.mark.parametrize("type_", TYPES, ids=str)
@pytest.mark.parametrize("shape", SHAPES)
def test_an_arrow_array_gets_what_its_strings_get(
    substituter: link.Substituter, shape: str, type_: pa.DataType
) -> None:
    array = SHAPES[shape](type_)
    before = array.to_pylist()
    new = substituter.arrow(array)
    new.validate(full=True)
    assert type(new) is type(array)
    assert new.type == type_
    assert new.null_count == array.null_count
    assert new.to_pylist() == [None if text is None else substituter(text) for text in before]
    assert array.to_pylist() == before


@pytest.mark.parametrize(
    "array",
    [
        pa.array([1, 2]),
        pa.array([b"the dog"]),
        pa.nulls(2),
        pa.array(["the dog"]).dictionary_encode(),
        pa.array([["the dog"]]),
        pa.chunked_array([[1]]),
        pa.chunked_array([], pa.int64()),
    ],
    ids=lambda array: str(array.type),
)
def test_an_array_of_anything_else_is_a_type_error(
    substituter: link.Substituter, array: pa.Array
) -> None:
    with pytest.raises(TypeError, match="strings"):
        substituter.arrow(array)


@pytest.mark.parametrize("value", [None, 5, b"the dog", ["the dog"]], ids=repr)
def test_what_is_no_string_is_a_type_error(substituter: link.Substituter, value: Any) -> None:
    with pytest.raises(TypeError):
        substituter(value)
    with pytest.raises(TypeError):
        substituter.batch(["the dog", value])


def test_one_string_is_no_batch(substituter: link.Substituter) -> None:
    with pytest.raises(TypeError):
        substituter.batch("the dog")


def test_a_generator_of_texts_is_not_used_up_before_its_time(
    substituter: link.Substituter,
) -> None:
    texts = ["dog one", "dog two"]
    assert substituter.batch(text for text in texts) == substituter.batch(texts)
