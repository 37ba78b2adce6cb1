"""Plain text: which lines are which document, under which key, and what cannot be written as it."""

import io
import itertools
import re
from collections.abc import Callable

import pytest
import xxhash
from hypothesis import example, given
from hypothesis import strategies as st

from link.errors import ShardError
from link.shards.batch import BadRecord, Batch
from link.shards.fields import Fields
from link.shards.text import DOCUMENT, FILE, LINE, PARAGRAPH, PlainText, pieces, why_unfit
from tests.strategies import examples

BOM = b"\xef\xbb\xbf"
BLOCK_SIZES = (1, 7, 1 << 20)

Document = tuple[int, bytes, bytes]
"""Where a document begins in the shard, its text, and the text with its last line's ending."""


def batches(
    data: bytes,
    document: str,
    block_bytes: int = 1 << 20,
    refuse: Callable[[str | None], str | None] | None = None,
) -> list[Batch]:
    finder = PlainText(Fields(), document, refuse)
    found: list[Batch] = []
    for piece in pieces(io.BytesIO(data), document, block_bytes):
        assert isinstance(piece.content, bytes)
        assert piece.first == (not found)
        found.append(finder.find(piece.content, piece.first))
    return found


def texts(found: list[Batch]) -> list[bytes]:
    return [
        bytes(block.data[start:end])
        for batch in found
        for block in batch.blocks
        for start, end in zip(block.starts.tolist(), block.ends.tolist(), strict=True)
    ]


def keys(found: list[Batch]) -> list[int]:
    return [key for batch in found for block in batch.blocks for key in block.keys.tolist()]


def kept(found: list[Batch]) -> bytes:
    return b"".join(bytes(block.data) for batch in found for block in batch.blocks)


def places(found: list[Batch]) -> list[tuple[int, int, bytes]]:
    """Of each bad record: its line and byte in the shard, and its bytes."""
    result = []
    lines = size = 0
    for batch in found:
        for record in batch.bad:
            assert record.byte is not None
            result.append((lines + record.number, size + record.byte, record.raw))
        lines += batch.lines
        size += batch.size_bytes
    return result


def documents_of(data: bytes, document: str) -> list[Document]:
    """What the documents are, by the plainest means."""
    begin = len(BOM) if data.startswith(BOM) else 0
    if document == FILE:
        return [(begin, data[begin:], data[begin:])] if data[begin:].strip() else []
    lines = [(m.start(), m[0]) for m in re.compile(rb"[^\n]*\n|[^\n]+").finditer(data, begin)]
    found = []
    for blank, group in itertools.groupby(lines, lambda line: not line[1].strip()):
        members = list(group)
        if blank:
            continue
        runs = [[line] for line in members] if document == LINE else [members]
        for run in runs:
            whole = b"".join(line for _, line in run)
            found.append((run[0][0], re.sub(rb"\r?\n\Z", b"", whole), whole))
    return found


# --- which lines are which document ---------------------------------------------------------------

CASES = {
    # data: documents by line, by paragraph
    b"": ([], []),
    b"\n": ([], []),
    b" \t\r\n\x0b\x0c\n": ([], []),
    BOM: ([], []),
    BOM + b"\n\n": ([], []),
    b"a": ([b"a"], [b"a"]),
    b"a\n": ([b"a"], [b"a"]),
    b"a\r\n": ([b"a"], [b"a"]),
    b"a\r": ([b"a\r"], [b"a\r"]),
    b"a\nb": ([b"a", b"b"], [b"a\nb"]),
    b"a\n\nb": ([b"a", b"b"], [b"a", b"b"]),
    b"a\r\n\r\nb\r\n": ([b"a", b"b"], [b"a", b"b"]),
    b"\n\na\n \t\nb\n\n\n": ([b"a", b"b"], [b"a", b"b"]),
    b"a\n\x0c\nb": ([b"a", b"b"], [b"a", b"b"]),
    b"a\n\x1c\nb": ([b"a", b"\x1c", b"b"], [b"a\n\x1c\nb"]),
    BOM + b"a\nb": ([b"a", b"b"], [b"a\nb"]),
    BOM + b"\na": ([b"a"], [b"a"]),
    BOM + BOM + b"a": ([BOM + b"a"], [BOM + b"a"]),
    b"a\n" + BOM + b"b": ([b"a", BOM + b"b"], [b"a\n" + BOM + b"b"]),
    b"a\n" + BOM + b"\nb": ([b"a", BOM, b"b"], [b"a\n" + BOM + b"\nb"]),
    "a\u2028b\u2029c\x85d\n".encode(): (["a\u2028b\u2029c\x85d".encode()],) * 2,
    "\u00a0\n\u3000\n\u2028\n".encode(): (
        ["\u00a0".encode(), "\u3000".encode(), "\u2028".encode()],
        ["\u00a0\n\u3000\n\u2028".encode()],
    ),
}


@pytest.mark.parametrize("data", CASES, ids=repr)
def test_a_document_is_a_line_a_paragraph_or_the_file(data: bytes) -> None:
    whole = [data.removeprefix(BOM)] if data.removeprefix(BOM).strip() else []
    cases = zip((LINE, PARAGRAPH, FILE), (*CASES[data], whole), strict=True)
    for (document, expected), block_bytes in itertools.product(cases, BLOCK_SIZES):
        found = batches(data, document, block_bytes)
        assert texts(found) == expected
        assert kept(found) == data
        assert sum(batch.records for batch in found) == len(expected)
        assert sum(batch.documents for batch in found) == len(expected)
        assert keys(found) == [xxhash.xxh3_64_intdigest(text) for text in expected]
        assert not any(block.escaped for batch in found for block in batch.blocks)


_FRAGMENTS = (
    *(b"a", b"a dog", b"b", b"\n", b"\n", b"\n\n", b"\r\n", b"\r\n\r\n", b"\r", b" ", b"\t"),
    *(
        b"\x0b",
        b"\x0c",
        b"\x00",
        b"\x1c",
        BOM,
        b"caf\xc3\xa9",
        b"\xe7\x8a\xac",
        b"\xf0\x9f\x98\x80",
    ),
    *("\u2028".encode(), "\x85".encode(), "\u00a0".encode()),
)
_BROKEN = (b"\xff", b"\xe2\x80", b"\xc3", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"\x80", b"\xc0\xaf")
_GOOD_DATA = st.lists(st.sampled_from(_FRAGMENTS), max_size=25).map(b"".join)
_ANY_DATA = st.lists(st.sampled_from(_FRAGMENTS * 2 + _BROKEN), max_size=25).map(b"".join)
_BLOCK_BYTES = st.integers(1, 40) | st.just(1 << 20)


@examples(100)
@given(data=_GOOD_DATA, document=st.sampled_from(DOCUMENT), block_bytes=_BLOCK_BYTES)
def test_blocks_of_any_size_are_the_shard_with_its_documents_marked(
    data: bytes, document: str, block_bytes: int
) -> None:
    stream = [piece.content for piece in pieces(io.BytesIO(data), document, block_bytes)]
    assert b"".join(content for content in stream if isinstance(content, bytes)) == data
    found = batches(data, document, block_bytes)
    assert kept(found) == data
    assert texts(found) == [text for _, text, _ in documents_of(data, document)]
    assert sum(batch.lines for batch in found) == data.count(b"\n")
    assert sum(batch.size_bytes for batch in found) == len(data)


@pytest.mark.parametrize("document", [LINE, PARAGRAPH])
def test_a_shard_is_handed_on_in_runs_of_about_the_block_size(document: str) -> None:
    sizes = [
        len(piece.content) for piece in pieces(io.BytesIO(b"a dog.\n\n" * 1000), document, 400)
    ]
    assert len(sizes) >= 8000 // 800
    assert max(sizes) <= 800


# --- what is wrong, and where ---------------------------------------------------------------------


@examples(100)
@given(data=_ANY_DATA, document=st.sampled_from(DOCUMENT), block_bytes=_BLOCK_BYTES)
@example(data=BOM + b"a\r\n\r\n\xe7\x8a\xac\nb\xff\nc\n\nd", document=PARAGRAPH, block_bytes=3)
def test_broken_utf8_makes_exactly_its_document_bad_and_says_where(
    data: bytes, document: str, block_bytes: int
) -> None:
    good: list[bytes] = []
    bad: list[tuple[int, int, bytes]] = []
    rest = bytearray(data)
    for begin, text, raw in reversed(documents_of(data, document)):
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            at = begin + error.start
            bad.insert(0, (1 + data.count(b"\n", 0, at), at, raw))
            del rest[begin : begin + len(raw)]
        else:
            good.insert(0, text)
    found = batches(data, document, block_bytes)
    assert texts(found) == good
    assert keys(found) == [xxhash.xxh3_64_intdigest(text) for text in good]
    assert places(found) == bad
    assert kept(found) == rest
    assert sum(batch.records for batch in found) == len(good)
    assert all("not UTF-8" in record.reason for batch in found for record in batch.bad)


@pytest.mark.parametrize("block_bytes", BLOCK_SIZES)
def test_a_text_that_the_target_refuses_is_a_bad_record(block_bytes: int) -> None:
    def refuse(text: str | None) -> str | None:
        return "no é here" if text is None or "é" in text else None

    data = "a\n\né\nb\n\ncé\n".encode()
    found = batches(data, LINE, block_bytes, refuse)
    assert texts(found) == [b"a", b"b"]
    assert places(found) == [(3, 3, "é\n".encode()), (6, 9, "cé\n".encode())]
    assert {record.reason for batch in found for record in batch.bad} == {"no é here"}
    [record] = batches(data, FILE, block_bytes, refuse)[0].bad
    assert record == BadRecord(1, 0, "no é here", data)


@pytest.mark.parametrize(
    ("fields", "option"),
    [(Fields(where=(("lang", "en"),)), "--where"), (Fields(key="id"), "--key-field")],
)
def test_plain_text_has_no_fields_to_ask_for(fields: Fields, option: str) -> None:
    with pytest.raises(ShardError, match=option):
        PlainText(fields, LINE)


# --- what cannot be written -----------------------------------------------------------------------


def comes_back(document: str, text: str) -> bool:
    """Whether a text that is written is read as one document of that text."""
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        return False
    written = raw + (b"\n" if document == LINE else b"\n\n")
    alone = [found for _, found, _ in documents_of(written, document)] == [raw]
    amid = b"x\n\n" + written + b"y\n"
    return (
        alone
        and texts(batches(written, document)) == [raw]
        and len([found for _, found, _ in documents_of(amid, document)]) == 3
    )


_TEXTS = st.lists(
    st.sampled_from([f.decode() for f in _FRAGMENTS]) | st.text(max_size=3), max_size=8
).map("".join)


@examples(100)
@given(text=_TEXTS, document=st.sampled_from((LINE, PARAGRAPH)))
@example(text="", document=LINE)
@example(text="a\r", document=LINE)
@example(text="a\r", document=PARAGRAPH)
@example(text="a\r\nb", document=PARAGRAPH)
@example(text="\x0c", document=LINE)
@example(text="\x1c", document=LINE)
@example(text="\u2028", document=PARAGRAPH)
@example(text="a\n\nb", document=PARAGRAPH)
@example(text="\na", document=PARAGRAPH)
@example(text="\ufeffa", document=LINE)
@example(text="a\ufeff", document=LINE)
def test_a_text_fits_exactly_if_it_is_read_back_as_it_was(text: str, document: str) -> None:
    assert (why_unfit(document, text) is None) == comes_back(document, text)


@pytest.mark.parametrize("document", [LINE, PARAGRAPH])
@pytest.mark.parametrize("text", ["\ud800", "a \udfff dog", None])
def test_a_text_that_utf8_cannot_hold_does_not_fit(text: str | None, document: str) -> None:
    assert why_unfit(document, text)
