"""Why a text is not what it should be: which word was swapped for what, and what forbids it."""

import re
from collections.abc import Iterator, Sequence

from link.language.unicode import fold_text
from link.policy import Policy
from link.printable import printable
from link.reference import Headwords, Swap, Unit, substitute
from link.reference.text import decode, find_words, shape_of

_SHOWN = 40  # characters of a word or snippet


def why(original: bytes, key: int | None, actual: bytes, known: Headwords, policy: Policy) -> str:
    """What is wrong first in a text, in words; both in UTF-8.

    `key`: the document's; None if no word of it may be swapped.
    """
    if key is None:
        at = first_difference(original, actual)
        return f"byte {at} of the text: differs, in a text that is not to be touched"
    result = substitute(original, key, known, policy)
    expected = result.text
    at = first_difference(expected, actual)
    place = at
    for swap, start, end in _written(result.swaps, policy):
        # A longer word in the place of a swapped one differs behind its end.
        if start <= at < end or (at == end and _goes_on(actual, at)):
            written = actual[start : _resumes(expected, end, actual, start)]
            return _of_swap(original, swap, written, known)
        if end <= at:
            place -= (end - start) - (0 if swap.annotated else swap.end - swap.start)
    return _of_kept(original, place, at, expected, actual, result.units, known)


def _written(swaps: Sequence[Swap], policy: Policy) -> Iterator[tuple[Swap, int, int]]:
    """The swaps, and where in the new text that stands which was written for each."""
    brackets = len("".join(policy.bracket_pair).encode()) + 1
    grown = 0
    for swap in swaps:
        size = len(swap.translation.encode()) + brackets * swap.annotated
        start = grown + (swap.at if swap.annotated else swap.start)
        yield swap, start, start + size
        grown += size - (0 if swap.annotated else swap.end - swap.start)


def _of_swap(original: bytes, swap: Swap, written: bytes, known: Headwords) -> str:
    """A word that was drawn, and what stands there instead of its translation."""
    where = f"byte {swap.start} of the text"
    source, new = shown(swap.source), written.decode("utf-8", "replace")
    wanted = f"it should be {shown(swap.translation)}"
    if swap.annotated:
        return f"{where}: {source}: {shown(new)} follows, but {wanted}, in brackets"
    if written == original[swap.start : swap.end]:
        return f"{where}: {source} was drawn, but not swapped; {wanted}"
    reason = _licence(swap.source, new, known) or "a translation, but not the one that is drawn"
    return f"{where}: {source} -> {shown(new)}: {reason}; {wanted}"


def _of_kept(
    original: bytes,
    place: int,
    at: int,
    expected: bytes,
    actual: bytes,
    found: Sequence[Unit],
    known: Headwords,
) -> str:
    """A place where nothing was to be swapped."""
    start, end = _unit_at(original, place, found, behind=_goes_on(actual, at))
    where = f"byte {start} of the text"
    if start == end:
        return (
            f"byte {place} of the text: bytes outside words differ: {around(expected, at)} became "
            f"{around(actual, at)}"
        )
    begin = at - (place - start)
    written = actual[begin : _resumes(expected, begin + end - start, actual, begin)]
    source, new = original[start:end].decode("utf-8", "replace"), written.decode("utf-8", "replace")
    if not new.strip() or not re.search(r"\w", new):
        return f"{where}: the word {shown(source)} became {shown(new)}"
    reason = _licence(source, new, known)
    if reason is None:
        unit = next((one for one in found if one.start <= start < one.end), None)
        reason = "not drawn" if unit and unit.choices else "not eligible: a name, or protected"
    return f"{where}: {shown(source)} -> {shown(new)}: {reason}"


def _licence(source: str, new: str, known: Headwords) -> str | None:
    """Why the lexicon does not license a swap at all; None if it does."""
    forms = [_form(source)]
    if forms[0].endswith("'s"):
        forms.append(forms[0][:-2])
    every = range(len(known.languages))
    headwords = [one for form in forms for one in known.of_form(form, every)]
    if not headwords:
        return f"{shown(source)} is not in the lexicon"
    texts = {fold_text(text) for one in headwords for text in one.translations}
    if fold_text(new) in texts or any(fold_text(new).startswith(f"{text}'") for text in texts):
        return None
    codes = sorted({known.languages[one.language].code for one in headwords} - {""})
    of = f" in {', '.join(codes)}" if codes else ""
    return f"not a translation of {shown(source)}{of}"


def _form(source: str) -> str:
    return " ".join(fold_text(source).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())


def _unit_at(
    original: bytes, place: int, found: Sequence[Unit], *, behind: bool
) -> tuple[int, int]:
    """The phrase or word that a place is in; an empty span if there is none.

    `behind`: or that ends there.
    """
    for one in found:
        if one.start <= place < one.end:
            return one.start, one.end
    # Only the surroundings are looked at: words are short, and the text may be long.
    begin = max(original.rfind(b" ", 0, place), original.rfind(b"\n", 0, place)) + 1
    ends = [original.find(blank, place) for blank in (b" ", b"\n")]
    end = min([one for one in ends if one >= 0], default=len(original))
    text, offsets = decode(original[begin:end])
    for first, last in find_words(shape_of(text)):
        if begin + offsets[first] <= place < begin + offsets[last] + behind:
            return begin + offsets[first], begin + offsets[last]
    return place, place


def _resumes(expected: bytes, end: int, actual: bytes, begin: int) -> int:
    """Where in the actual text what follows a place of the expected one goes on."""
    for size in (24, 12, 6, 2):
        following = expected[end : end + size]
        if not following:
            return len(actual)
        at = actual.find(following, begin, begin + 400)
        if at >= 0:
            return at
    match = re.compile(rb"\W").search(actual, begin + 1)
    return match.start() if match else len(actual)


def _goes_on(actual: bytes, at: int) -> bool:
    """Whether a word goes on at a place."""
    return re.match(r"\w", actual[at : at + 4].decode("utf-8", "ignore")) is not None


def first_difference(one: bytes, other: bytes) -> int:
    """The first byte that differs, or the end of the shorter, at the begin of a character."""
    low, high = 0, min(len(one), len(other))
    while low < high:  # halving: Python compares slices at the speed of memory
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    while 0 < low < len(one) and one[low] & 0xC0 == 0x80:
        low -= 1
    return low


def around(text: bytes, at: int) -> str:
    """What stands around a place, to be shown."""
    return shown(text[max(0, at - 8) : at + 12].decode("utf-8", "replace"))


def shown(text: str) -> str:
    """A text in quotes, clipped, and safe for a terminal."""
    clipped = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f'"{printable(clipped)}"'
