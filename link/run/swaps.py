"""The swaps of a piece as rows of the sidecar, from what the kernel recorded."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from link.arrays import interleave
from link.block import Block, Int64s
from link.kernel.compiled import CompiledLexicon
from link.kernel.substitute import Substitution
from link.kernel.swaps import Swaps
from link.policy import ANNOTATE, REPLACE
from link.shards.batch import Batch, Places
from link.shards.json_values import text_of
from link.shards.respell import Respelling, escaping, raw_places, unescaping
from link.shards.sidecar import NAME, SCHEMA
from link.splice import Spliced


def rows_of(
    batch: Batch,
    done: Sequence[Substitution],
    new: Sequence[Spliced],
    names: list[str],
    lexicon: CompiledLexicon,
    *,
    escaped: bool,
) -> pa.RecordBatch:
    """The swaps of a batch, ascending by record, of which the first is number 0.

    `done`, `new`: of each block. `names`: of the text fields. `escaped`: the output's texts stand
    in JSON strings.
    """
    each = [
        _rows(block, places, swaps.swaps, own, names, lexicon, escaped=escaped)
        for block, places, swaps, own in zip(batch.blocks, batch.places, done, new, strict=True)
    ]
    if len(each) == 1:
        return each[0]
    together = pa.Table.from_batches(each, SCHEMA)
    order = np.argsort(together.column("record").to_numpy(), kind="stable")
    [rows] = together.take(pa.array(order)).combine_chunks().to_batches() or [each[0]]
    return rows


def _rows(
    block: Block,
    places: Places,
    swaps: Swaps,
    new: Spliced,
    names: list[str],
    lexicon: CompiledLexicon,
    *,
    escaped: bool,
) -> pa.RecordBatch:
    document = swaps.document
    starts, ends = raw_places(block, document, swaps.start, swaps.end)
    original = _cut(block, starts, ends)
    begins, new_starts, new_ends = new.starts.take(document), new.new_starts, new.new_ends
    if block.escaped != escaped:
        data = new.data
        spelling: Respelling = escaping(data) if escaped else unescaping(data)
        begins, new_starts, new_ends = map(spelling.moved, (begins, new_starts, new_ends))
    columns = [
        pa.array(places.record.take(document)),
        pa.array(places.line.take(document)),
        _named(places.field.take(document), names),
        pa.array(block.keys.take(document)),
        pa.array(starts - block.starts.take(document)),
        pa.array(ends - starts),
        pa.array(new_starts - begins),
        pa.array(new_ends - new_starts),
        original,
        _decoded(original) if block.escaped else original.cast(pa.string()),
        lexicon.texts.take(pa.array(swaps.row)).cast(pa.large_string()).cast(pa.string()),
        _named(swaps.language, lexicon.codes),
        _named(swaps.annotated.astype(np.int64), [REPLACE, ANNOTATE]),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def _named(numbers: Int64s, names: list[str] | tuple[str, ...]) -> pa.DictionaryArray:
    indices = pa.array(numbers.astype(np.int32))
    return pa.DictionaryArray.from_arrays(indices, pa.array(names, NAME.value_type))


def _cut(block: Block, starts: Int64s, ends: Int64s) -> pa.BinaryArray:
    """Spans of a block's bytes, ascending and not overlapping."""
    # What is to be cut out, and what lies between, are the segments of one array:
    #   | the · dog · ␣ · sleeps
    offsets = interleave(starts, ends)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(block.data)]
    count = max(0, len(offsets) - 1)
    if not count:
        return pa.array([], pa.binary())
    segments = pa.LargeBinaryArray.from_buffers(pa.large_binary(), count, buffers)
    return segments.take(pa.array(np.arange(0, count, 2))).cast(pa.binary())


def _decoded(spelled: pa.BinaryArray) -> pa.StringArray:
    """What the insides of JSON strings say; each spelling is looked at once."""
    encoded = spelled.dictionary_encode()
    values = encoded.dictionary.to_pylist()
    texts = [text_of(b'"%b"' % value) for value in values]
    return pa.array(texts, pa.string()).take(encoded.indices)
