"""Where lines begin, however many of them are blank."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest

from link.kernel.lines import find_lines

BLANKS = b" \t\r\f\v\x88\n"


@pytest.mark.parametrize(
    "text",
    [
        b"\n\n",
        b"\na\n",
        b"\n" * 700 + b"  a" + b"\n" * 3,
        b"\n" + b" " * 700 + b"a\n \t\n" + b"\n" * 700,
        b"\n" + b" " * 700 + b"\n" + b" " * 20 + b"\n\n a\n" + b" " * 600 + b"\n",
    ],
)
def test_a_line_begins_at_what_is_no_blank_a_blank_one_behind_its_end(text: bytes) -> None:
    feeds = [place for place, byte in enumerate(text) if byte == ord("\n")]
    lines = find_lines(bytearray(text), np.array(feeds))
    every = list(pairwise(feeds))
    is_blank = [not text[begin:end].strip(BLANKS) for begin, end in every]
    assert lines.is_blank.tolist() == is_blank
    assert lines.begins.tolist() == [
        end + 1 if blank else len(text) - len(text[begin + 1 :].lstrip(BLANKS))
        for (begin, end), blank in zip(every, is_blank, strict=True)
    ]


def test_many_blank_lines_take_no_more_memory_each_than_a_few() -> None:
    text = bytearray(b"\n" * 20_000)
    tracemalloc.start()
    find_lines(text, np.arange(len(text)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300 * len(text)
