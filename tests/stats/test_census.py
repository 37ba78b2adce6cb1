"""A census counts what plain Python counts over the reference kernel, and changes no swap."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from link import reference
from link.kernel.compiled import CompiledLexicon
from link.kernel.substitute import substitute
from link.lexicon.arrays import compile_headwords
from link.policy import OF, Policy
from link.reference.text import Text
from link.reference.units import find_units
from link.stats.census import MOST_FORM_BYTES, Census, take_census, texts_of_entries
from tests.kernel.helpers import headwords_of
from tests.strategies import Document, Lexicon, documents, examples, lexicons, policies

SMALL = headwords_of({"dog": "Hund", "ice cream": "Eis", "the": "der"})
Forms = Counter[bytes]


def census_of(some: Sequence[Document], lexicon: CompiledLexicon, policy: Policy) -> Census:
    keys = np.array([key for _, key in some], np.uint64)
    return take_census([text for text, _ in some], keys, lexicon, policy)


def forms_of(census: Census, lexicon: CompiledLexicon) -> tuple[Forms, Forms]:
    """Running words of each form, and the covered ones, entries and others together."""
    counts: Forms = Counter()
    covered: Forms = Counter()
    texts = texts_of_entries(lexicon)
    for entry in np.flatnonzero(census.entries[1:]) + 1:
        form = texts[entry].encode("utf-8", "surrogatepass")
        counts[form] += int(census.entries[entry])
        covered[form] += int(census.covered_entries[entry])
    for forms in census.forms:
        rows = zip(
            forms.texts.to_pylist(), forms.counts.tolist(), forms.covered.tolist(), strict=True
        )
        for form, count, known in rows:
            counts[form] += count
            covered[form] += known
    return +_short(counts), +_short(covered)


def _short(forms: Forms) -> Forms:
    """Without those that are counted by their first bytes alone."""
    return Counter({form: n for form, n in forms.items() if len(form) < MOST_FORM_BYTES})


def counted_plainly(
    document: bytes, headwords: reference.Headwords, policy: Policy, languages: Sequence[int]
) -> tuple[Forms, Forms]:
    counts: Forms = Counter()
    covered: Forms = Counter()
    text = Text(reference.decode(document)[0])
    units = find_units(text, headwords, policy, languages)
    inside = {unit.first + n for unit in units for n in range(unit.words)}
    for index, form in enumerate(text.forms):
        counts[form.encode()] += 1
        covered[form.encode()] += index in inside
    return counts, covered


@examples(100)
@given(documents(), lexicons(), policies())
def test_words_forms_and_rules_are_counted_as_the_reference_says(
    some: list[Document], lexicon: Lexicon, policy: Policy
) -> None:
    compiled, slow = compile_headwords(*lexicon), reference.Headwords(*lexicon)
    census = census_of(some, compiled, policy)
    everything = replace(policy, portion=1, of="words")
    wanted = [reference.substitute(text, key, slow, everything) for text, key in some]
    counts = [one.counts for one in wanted]
    assert census.substitution.counts.words.tolist() == [one.words for one in counts]
    assert census.covered.tolist() == [one.covered for one in counts]
    assert census.eligible.tolist() == [one.eligible for one in counts]
    assert census.lost.sum() == census.covered.sum() - census.eligible.sum()
    forms, known = Counter(), Counter()
    for (text, _), result in zip(some, wanted, strict=True):
        own = range(compiled.languages) if result.language is None else [result.language]
        of_document = counted_plainly(text, slow, policy, own)
        forms += of_document[0]
        known += of_document[1]
    assert forms_of(census, compiled) == (_short(forms), +_short(known))


@examples(60)
@given(documents(), lexicons(), policies())
def test_a_census_changes_no_swap_and_no_count(
    some: list[Document], lexicon: Lexicon, policy: Policy
) -> None:
    compiled = compile_headwords(*lexicon)
    result = census_of(some, compiled, policy).substitution
    texts, keys = [text for text, _ in some], np.array([key for _, key in some], np.uint64)
    alone = substitute(texts, keys, compiled, policy)
    assert result.swaps.start.tolist() == alone.swaps.start.tolist()
    assert result.swaps.row.tolist() == alone.swaps.row.tolist()
    for name in ("touched", "words", "covered", "eligible", "swapped", "lost"):
        assert getattr(result.counts, name).tolist() == getattr(alone.counts, name).tolist(), name


@pytest.mark.parametrize("of", OF)
def test_documents_that_are_not_touched_are_counted_all_the_same(of: str) -> None:
    some = [b"the dog", b"the ice cream of a dog", b"xylem"]
    policy = Policy(portion=0, of=of)
    census = census_of([(text, 0) for text in some], compile_headwords(SMALL), policy)
    assert not len(census.substitution.swaps.start)
    assert census.covered.tolist() == [2, 4, 0]
    assert census.eligible.tolist() == [2, 4, 0]


def test_long_forms_are_told_apart_by_their_begins() -> None:
    long = b"x" * MOST_FORM_BYTES
    some = [long + b"a " + long + b"b " + long[1:] + b" " + long[1:]]
    [forms] = census_of([(text, 0) for text in some], compile_headwords(SMALL), Policy()).forms
    assert dict(zip(forms.texts.to_pylist(), forms.counts.tolist(), strict=True)) == {
        long: 2,
        long[1:]: 2,
    }
