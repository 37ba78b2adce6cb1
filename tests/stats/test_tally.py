"""Tallies count what plain Python counts over the reference kernel, and change no swap."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given

from link import reference
from link.kernel.compiled import CompiledLexicon
from link.kernel.substitute import Substitution, substitute
from link.lexicon.arrays import compile_headwords
from link.policy import OF, Policy
from link.reference.text import Text
from link.reference.units import find_units
from link.stats.forms import FREQUENT, MOST_FORM_BYTES, FormTable
from link.stats.lexicon_use import texts_of_entries
from link.stats.tally import COLUMN, Tally
from tests.kernel.helpers import headwords_of
from tests.strategies import Document, Lexicon, documents, examples, lexicons, policies

SMALL = headwords_of({"dog": "Hund", "ice cream": "Eis", "the": "der"})
Forms = Counter[bytes]


def tallied(
    some: Sequence[Document], lexicon: CompiledLexicon, policy: Policy
) -> tuple[Tally, dict[str, list[int]], Substitution]:
    """The tally, the documents' figures by name, and what was substituted."""
    tally = Tally.of(lexicon)
    keys = np.array([key for _, key in some], np.uint64)
    rows, result = tally.count([text for text, _ in some], keys, lexicon, policy)
    tally.add_rows(rows, result.counts.language, None)
    return tally, {name: rows[:, column].tolist() for name, column in COLUMN.items()}, result


def forms_of(tally: Tally, lexicon: CompiledLexicon) -> tuple[Forms, Forms]:
    """Running words of each form, and the covered ones, entries and others together."""
    texts = [text.encode("utf-8", "surrogatepass") for text in texts_of_entries(lexicon)]
    counts: Forms = Counter()
    covered: Forms = Counter()
    rows = list(zip(texts, tally.arrays["entries"], tally.arrays["covered_entries"], strict=True))
    table = tally.forms.table()
    columns = (table[name].to_pylist() for name in ("text", "words", "covered"))
    for form, words, known in (*rows[1:], *zip(*columns, strict=True)):
        counts[form] += int(words)
        covered[form] += int(known)
    return +_short(counts), +_short(covered)


def _short(forms: Forms) -> Forms:
    """Without those that are counted by their first bytes alone."""
    return Counter({form: n for form, n in forms.items() if len(form) < MOST_FORM_BYTES})


def counted_plainly(
    document: bytes, headwords: reference.Headwords, policy: Policy, languages: Sequence[int]
) -> tuple[Forms, Forms]:
    text = Text(reference.decode(document)[0])
    units = find_units(text, headwords, policy, languages)
    inside = {unit.first + n for unit in units for n in range(unit.words)}
    forms = [form.encode() for form in text.forms]
    return Counter(forms), Counter(form for n, form in enumerate(forms) if n in inside)


@examples(40)
@given(documents(), lexicons(), policies())
def test_words_forms_and_rules_are_counted_as_the_reference_says(
    some: list[Document], lexicon: Lexicon, policy: Policy
) -> None:
    compiled, slow = compile_headwords(*lexicon), reference.Headwords(*lexicon)
    tally, figures, result = tallied(some, compiled, policy)
    everything = replace(policy, portion=1, of="words")
    wanted = [reference.substitute(text, key, slow, everything) for text, key in some]
    for name in ("words", "covered", "eligible"):
        assert figures[name] == [getattr(one.counts, name) for one in wanted], name
    lost = sum(figures["covered"]) - sum(figures["eligible"])
    assert tally.arrays["lost"].sum() == lost
    forms, known = Counter(), Counter()
    for (text, _), one in zip(some, wanted, strict=True):
        own = range(compiled.languages) if one.language is None else [one.language]
        of_document = counted_plainly(text, slow, policy, own)
        forms += of_document[0]
        known += of_document[1]
    assert forms_of(tally, compiled) == (_short(forms), +_short(known))
    # It has changed no swap.
    texts, keys = [text for text, _ in some], np.array([key for _, key in some], np.uint64)
    alone = substitute(texts, keys, compiled, policy)
    assert result.swaps.start.tolist() == alone.swaps.start.tolist()
    assert result.swaps.row.tolist() == alone.swaps.row.tolist()
    for name in ("touched", "words", "covered", "eligible", "swapped", "lost"):
        assert getattr(result.counts, name).tolist() == getattr(alone.counts, name).tolist(), name


@pytest.mark.parametrize("of", OF)
def test_documents_that_are_not_touched_are_counted_all_the_same(of: str) -> None:
    some = [(text, 0) for text in (b"the dog", b"the ice cream of a dog", b"xylem")]
    _, figures, result = tallied(some, compile_headwords(SMALL), Policy(portion=0, of=of))
    assert not len(result.swaps.start)
    assert figures["covered"] == figures["eligible"] == [2, 4, 0]


def test_long_forms_are_told_apart_by_their_begins() -> None:
    long = b"x" * MOST_FORM_BYTES
    some = [(long + b"a " + long + b"b " + long[1:] + b" " + long[1:], 0)]
    tally, *_ = tallied(some, compile_headwords(SMALL), Policy())
    rows = tally.forms.table().to_pylist()
    assert {row["text"]: row["words"] for row in rows} == {long: 2, long[1:]: 2}


# --- the table of forms ---


def forms(counts: Counter[int]) -> pa.Table:
    """A table of forms that are numbers, in decimal."""
    texts = pa.array([str(each).encode() for each in counts], pa.large_binary())
    words = list(counts.values())
    columns = [texts, words, [n // 2 for n in words]]
    return pa.table(columns, schema=FormTable().table().schema)


def test_forms_of_two_tables_add_up_in_any_cut() -> None:
    random_ = random.Random(1)
    hashes = [random_.getrandbits(64) for _ in range(300)]
    words = [hashes[min(int(random_.expovariate(0.02)), 299)] for _ in range(4000)]
    one, two = FormTable(), FormTable()
    one.add(forms(Counter(words)))
    for start in range(0, 4000, 700):
        part = FormTable()
        part.add(forms(Counter(words[start : start + 700])))
        two.merge(part)
    assert one.table().select(["text", "words"]) == two.table().select(["text", "words"])
    assert one.types().is_exact


def test_a_full_table_keeps_the_frequent_forms_and_tells_how_many_there_were() -> None:
    random_ = random.Random(2)
    frequent = Counter({7 << 60: 100, 9 << 60: 100})
    table = FormTable(most=3000)
    for _ in range(40):
        table.add(forms(Counter(random_.getrandbits(64) for _ in range(1000)) + frequent))
        assert len(table.table()) <= 3000
    found = table.types()
    assert not found.is_exact
    assert found.all == pytest.approx(40_002, rel=0.1)
    assert [count for _, count in table.most_frequent_uncovered(2)] == [2000, 2000]
    assert FREQUENT < 100
