"""Lexicons of named columns, in files and in what a URL names."""

import builtins
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.dirfs import DirFileSystem
from hypothesis import example, given
from hypothesis import strategies as st

from link.errors import LexiconError
from link.lexicon import Lexicon
from link.lexicon.formats import table
from link.lexicon.formats.table import NO_WORDS
from tests.strategies import examples

Words = dict[str, list[str]]
ROWS = [
    {"en": "dog", "de": "Hund", "sw": "mbwa"},
    {"en": "cat", "de": "Katze", "sw": None},
    {"en": None, "de": "Haus", "sw": "nyumba"},
]


def words_of(lexicon: Lexicon) -> Words:
    return {word: [one.text for one in every] for word, every in lexicon.entries.items()}


def parquet(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(rows, sink)
    return sink.getvalue()


def arrow_file(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, rows.schema) as writer:
        writer.write_table(rows, max_chunksize=2)
    return sink.getvalue()


def arrow_stream(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows, max_chunksize=2)
    return sink.getvalue()


CONTAINERS = {"parquet": parquet, "file": arrow_file, "stream": arrow_stream}


def load(folder: Path, data: bytes, **options: Any) -> Lexicon:
    path = folder / "x.parquet"
    path.write_bytes(data)
    return Lexicon.load(path, **options)


# --- columns ---


@pytest.mark.parametrize("write", CONTAINERS.values(), ids=CONTAINERS)
def test_a_language_is_picked_by_the_name_of_its_column(tmp_path: Path, write: Any) -> None:
    data = write(pa.Table.from_pylist(ROWS))
    lexicon = load(tmp_path, data, language="de")
    assert words_of(lexicon) == {"dog": ["Hund"], "cat": ["Katze"]}
    assert lexicon.language == "de"
    assert lexicon.report.remarks == {NO_WORDS: [3]}
    assert "(row 3)" in lexicon.report.lines()[1]
    assert words_of(load(tmp_path, data, language="sw")) == {"dog": ["mbwa"]}
    with pytest.raises(LexiconError, match=r"holds 2 languages; name one with --lang: de, sw"):
        load(tmp_path, data)


@pytest.mark.parametrize("write", CONTAINERS.values(), ids=CONTAINERS)
def test_a_translation_column_holds_the_words_by_language(tmp_path: Path, write: Any) -> None:
    rows = [{"id": n, "image": b"\0", "translation": row} for n, row in enumerate(ROWS)]
    rows.append({"id": 9, "image": None, "translation": None})
    lexicon = load(tmp_path, write(pa.Table.from_pylist(rows)), language="sw")
    assert words_of(lexicon) == {"dog": ["mbwa"]}
    assert lexicon.report.remarks[NO_WORDS] == [3, 4]


@pytest.mark.parametrize("write", CONTAINERS.values(), ids=CONTAINERS)
def test_a_column_of_numbers_named_like_a_language_is_none(tmp_path: Path, write: Any) -> None:
    rows = pa.table({"id": [1, 2], "en": ["dog", "cat"], "de": ["Hund", "Katze"]})
    lexicon = load(tmp_path, write(rows))
    assert words_of(lexicon) == {"dog": ["Hund"], "cat": ["Katze"]}
    assert lexicon.language == "de"


@pytest.mark.parametrize("names", [("en", "de"), ("eng_Latn", "deu_Latn"), ("source", "target")])
@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())],
    ids=str,
)
def test_columns_of_any_kind_of_string_are_words(
    tmp_path: Path, names: tuple[str, str], kind: pa.DataType
) -> None:
    columns = [pa.array(["dog", None]).cast(pa.string()), pa.array(["Hund", "Katze"])]
    rows = pa.table(dict(zip(names, [each.cast(kind) for each in columns], strict=True)))
    assert words_of(load(tmp_path, arrow_file(rows))) == {"dog": ["Hund"]}


def test_lists_weights_and_parts_of_speech_are_read(tmp_path: Path) -> None:
    rows = pa.table(
        {
            "word": ["dog", "see", "cat", "odd"],
            "translations": [["Hund", None, "Köter"], ["sehen"], [], ["seltsam"]],
            "weight": [Decimal("0.5"), Decimal("2.0"), None, None],
            "pos": ["N", "verb", None, "adj"],
        }
    )
    lexicon = load(tmp_path, parquet(rows))
    assert {word: [tuple(one) for one in every] for word, every in lexicon.entries.items()} == {
        "dog": [("Hund", 0.5, "noun"), ("Köter", 0.5, "noun")],
        "see": [("sehen", 2.0, "verb")],
        "odd": [("seltsam", 1.0, "adj")],
    }


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"en": [1, 2], "de": ["x", "y"]}, "column 'en' holds int64; a column of words holds str"),
        ({"en": ["x"], "de": [b"y"]}, "column 'de' holds binary"),
        ({"en": ["x"], "de": [{"a": "y"}]}, "column 'de' holds struct"),
        ({"text": ["x"], "label": ["y"]}, "seems to be a shard of documents, .* are text, label,"),
        ({"translation": [{"de": "x", "fr": "y"}]}, "no column is known to hold words"),
        ({"en": [None], "de": ["x"]}, "no row holds a word and its translation"),
        ({"en": pa.array([], pa.string()), "de": pa.array([], pa.string())}, "x.parquet: no "),
        ({}, "no column is known .* there are none"),
    ],
)
@pytest.mark.parametrize("write", CONTAINERS.values(), ids=CONTAINERS)
def test_a_table_without_pairs_is_an_error_that_says_why(
    tmp_path: Path, rows: dict[str, Any], words: str, write: Any
) -> None:
    with pytest.raises(LexiconError, match=rf"x\.parquet: .*{words}|{words}"):
        load(tmp_path, write(pa.table(rows)))


def test_a_table_of_endless_rows_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "_MOST_ROWS", 2)
    with pytest.raises(LexiconError, match="more than 2 rows; is it a lexicon"):
        load(tmp_path, parquet(pa.Table.from_pylist(ROWS)), language="de")


_GOOD = [write(pa.Table.from_pylist(ROWS)) for write in CONTAINERS.values()]


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    """A table with some bytes changed, or cut off."""
    data = bytearray(draw(st.sampled_from(_GOOD)))
    for _ in range(draw(st.integers(0, 4))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.none() | st.integers(0, len(data)))])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any")


@examples(100)
@given(
    _damaged()
    | st.binary(max_size=60)
    | st.binary(max_size=60).map(lambda data: b"PAR1" + data + b"PAR1")
    | st.binary(max_size=60).map(lambda data: b"ARROW1\0\0" + data)
    | st.binary(max_size=60).map(lambda data: b"\xff\xff\xff\xff" + data),
    st.sampled_from(("", "de")),
)
@example(b"PAR1", "")
@example(b"ARROW1", "")
@example(b"\xff\xff\xff\xff", "")
def test_any_bytes_named_as_a_table_are_a_lexicon_or_a_clear_error(
    folder: Path, data: bytes, language: str
) -> None:
    try:
        lexicon = load(folder, data, language=language)
    except LexiconError:
        return
    (folder / "again").write_text(lexicon.canonical_text(), encoding="utf-8")
    again = Lexicon.load(folder / "again", format="canonical", language=language)
    assert again.canonical_text() == lexicon.canonical_text()


# --- JSON Lines ---


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"en": "dog", "de": "Hund"}\n{"en": 1\n', r"line 2: not JSON"),
        ('{"en": "dog", "de": "Hund"}\n{"en": 1}\n[]\n', r"line 3: not a JSON object"),
        ('{"translation": {"de": "x"}}\n', "no column is known to hold words"),
    ],
)
def test_lines_that_are_no_rows_are_an_error_that_says_where(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "x.jsonl").write_text(text)
    with pytest.raises(LexiconError, match=rf"x\.jsonl: {words}"):
        Lexicon.load(tmp_path / "x.jsonl")


@pytest.mark.parametrize(
    "text",
    [
        '{"source": "Quelle", "target": "Ziel"}',
        '{\n"en": "der",\n"word": "Wort"\n}\n',
        '{"dog": "Hund", "cat": "Katze"}\n',
    ],
)
def test_one_object_of_word_to_translation_is_no_table(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    assert words_of(Lexicon.load(tmp_path / "x.json")) == {
        word: [translation] for word, translation in json.loads(text).items()
    }


# --- URLs ---


@pytest.fixture
def memory() -> Iterator[Any]:
    """A remote file system; what is written to it is gone afterwards."""
    system = fsspec.filesystem("memory")
    yield system
    system.rm("/", recursive=True)


TSV = b"# name: mine\n# language: de\ndog\tHund\n"


@pytest.mark.parametrize("scheme", ["memory", "file"])
def test_a_file_in_any_format_is_read_from_a_url(memory: Any, tmp_path: Path, scheme: str) -> None:
    place = f"memory://{tmp_path}" if scheme == "memory" else f"file://{tmp_path}"
    for name, data in (
        ("canonical.tsv", TSV),
        ("x.bin", parquet(pa.Table.from_pylist(ROWS[:1]).drop_columns("sw"))),
        ("x.txt", b"dog {n} (animal) :: Hund {m}\n"),
    ):
        with fsspec.open(f"{place}/{name}", "wb") as file:
            file.write(data)
        assert words_of(Lexicon.load(f"{place}/{name}", language="de")) == {"dog": ["Hund"]}
    lexicon = Lexicon.load(f"{place}/canonical.tsv")
    assert (lexicon.is_canonical, lexicon.name, lexicon.canonical_text()) == (
        *(True, "mine"),
        TSV.decode(),
    )


CARD = """---
license: cc-by-4.0
language:
- en
- de
---
# Words
"""


def test_a_dataset_is_its_data_files_in_order_and_its_card(memory: Any) -> None:
    memory.pipe(
        {
            "/words/README.md": CARD.encode(),
            "/words/.gitattributes": b"x\ty\n",
            "/words/_old/a.jsonl": b"x\ty\n",
            "/words/data/b.jsonl": b'{"source": "cat", "target": "Katze"}\n{"source": "cow"}\n',
            "/words/data/a.jsonl": b'{"source": "dog", "target": "Hund"}\n\n'
            b'{"source": "dog", "target": "K\xc3\xb6ter"}\n',
            "/words/same.csv": b"source,target\ndog,Dackel\n",
        }
    )
    lexicon = Lexicon.load("memory://words")
    assert words_of(lexicon) == {"dog": ["Hund", "Köter"], "cat": ["Katze"]}
    assert (lexicon.name, lexicon.language, lexicon.licence) == ("words", "de", "cc-by-4.0")
    assert "# source: memory://words" in lexicon.comments
    assert lexicon.report.remarks[NO_WORDS] == [5]  # of all rows, in order of the files
    assert lexicon.canonical_text() == Lexicon.load("memory://words").canonical_text()


def test_a_file_on_the_hub_has_the_licence_of_its_datasets_card(
    memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.pipe(
        {
            "/hub/datasets/me/words/README.md": CARD.encode(),
            "/hub/datasets/me/words/more/x.tsv": b"dog\tHund\n",
        }
    )
    hub = DirFileSystem("/hub", memory)
    monkeypatch.setattr("fsspec.core.url_to_fs", lambda url: (hub, url.removeprefix("hf://")))
    for url in ("hf://datasets/me/words/more/x.tsv", "hf://datasets/me/words/more"):
        lexicon = Lexicon.load(url)
        assert (lexicon.licence, lexicon.language) == ("cc-by-4.0", "de")
        assert words_of(lexicon) == {"dog": ["Hund"]}
    assert Lexicon.load("hf://datasets/me/words").name == "words"


@pytest.mark.parametrize(
    "card",
    [
        *("", "---\n", "no header", "---\n: [\n---\n", "---\n- a list\n---\n", "---\nx: 1\n---\n"),
        "---\nlicense: !!python/object/apply:os.system ['false']\n---\n",
        "---\na: &a [x, x]\nlicense: [*a, *a]\n---\n",  # and so on, for billions
        "---\nlicense: !!int ''\n---\n",
        "---\nlicense: " + "[" * 1_500 + "\n---\n",
    ],
)
def test_a_card_that_says_nothing_is_no_error(memory: Any, card: str) -> None:
    memory.pipe({"/words/README.md": card.encode(), "/words/a.tsv": b"dog\tHund\ncat\tKatze\n"})
    assert Lexicon.load("memory://words").licence == "not stated"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("memory://nowhere/x.tsv", "is not there"),
        ("file:///nowhere/x.tsv", "is not there"),
        ("memory://empty", "is a folder without data files"),
        ("nonsense://x", "Protocol not known: nonsense"),
    ],
)
def test_a_url_that_cannot_be_read_is_a_clear_error(memory: Any, url: str, words: str) -> None:
    memory.pipe({"/empty/README.md": b"", "/empty/model.pkl": b"cos\nsystem\n"})
    with pytest.raises(LexiconError, match=rf"lexicon {url} .*{words}"):
        Lexicon.load(url)


def test_what_a_network_raises_is_a_clear_error(
    memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise RuntimeError("name or service not known\nmore")

    monkeypatch.setattr(type(memory), "info", no_network)
    with pytest.raises(LexiconError, match=r"cannot be read: RuntimeError: name or .* known$"):
        Lexicon.load("memory://x")


def test_without_fsspec_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "fsspec":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(LexiconError, match=r"needs fsspec: pip install 'link-corpus\[hub\]'"):
        Lexicon.load("hf://datasets/me/words")
