"""A census counts what plain Python counts over the reference kernel, and changes no swap."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from link.block import Block
from link.kernel import reference
from link.kernel.census import MOST_FORM_BYTES, Census, take_census, texts_of_entries
from link.kernel.compiled import CompiledLexicon, Headword, Language, compile_headwords
from link.kernel.pieces import BLOCK_CHARACTERS
from link.kernel.reference.units import Document, find_units
from link.kernel.substitute import substitute_block as substitute
from link.kernel.unicode import fold_text
from link.policy import OF, Policy
from tests.kernel.helpers import block_of, headwords_of
from tests.strategies import blocks, examples, lexicons, policies

SMALL = headwords_of({"dog": "Hund", "ice cream": "Eis", "the": "der"})
Forms = Counter[bytes]


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
    block: Block, headwords: list[Headword], policy: Policy, languages: list[Language]
) -> tuple[Forms, Forms]:
    counts: Forms = Counter()
    covered: Forms = Counter()
    data = bytes(block.data)
    for number, (start, end) in enumerate(zip(block.starts, block.ends, strict=True)):
        characters = list(reference.decode(data[start:end], block.escaped))
        document = Document(characters, int(block.keys[number]))
        every = take_census(
            block.texts[number : number + 1],
            block.keys[number : number + 1],
            compile_headwords(headwords, languages),
            policy,
        )
        drawn = every.substitution.counts.language
        own = list(range(len(languages))) if drawn is None else [int(drawn[0])]
        units = find_units(document, headwords, policy, own, BLOCK_CHARACTERS)
        inside = {unit.first + n for unit in units for n in range(unit.words)}
        for index, (first, last) in enumerate(document.words):
            text = "".join(character.text for character in characters[first:last])
            form = fold_text(text).encode("utf-8", "surrogatepass")
            counts[form] += 1
            covered[form] += index in inside
    return +_short(counts), +_short(covered)


def plain(block: Block) -> Block:
    """A block whose documents are what they are spelled as."""
    return Block(block.data, block.starts, block.ends, block.keys, False, block.texts)


@examples(70)
@given(blocks().map(plain), lexicons(), policies())
def test_words_forms_and_rules_are_counted_as_the_reference_says(
    block: Block,
    lexicon: tuple[list[Headword], list[Language]],
    policy: Policy,
) -> None:
    headwords, languages = lexicon
    compiled = compile_headwords(headwords, languages)
    census = take_census(block.texts, block.keys, compiled, policy)
    everything = replace(policy, portion=1, of="words")
    _, wanted = reference.substitute(block, headwords, everything, languages)
    assert census.substitution.counts.words.tolist() == [one.words for one in wanted]
    assert census.covered.tolist() == [one.covered for one in wanted]
    assert census.eligible.tolist() == [one.eligible for one in wanted]
    assert census.lost.sum() == census.covered.sum() - census.eligible.sum()
    assert forms_of(census, compiled) == counted_plainly(block, headwords, policy, languages)


@examples(50)
@given(blocks().map(plain), lexicons(), policies())
def test_a_census_changes_no_swap_and_no_count(
    block: Block,
    lexicon: tuple[list[Headword], list[Language]],
    policy: Policy,
) -> None:
    compiled = compile_headwords(*lexicon)
    result = take_census(block.texts, block.keys, compiled, policy).substitution
    alone = substitute(block, compiled, policy, record=True)
    assert alone.swaps is not None
    assert result.swaps.start.tolist() == alone.swaps.start.tolist()
    assert result.swaps.row.tolist() == alone.swaps.row.tolist()
    for name in ("touched", "words", "covered", "eligible", "swapped", "lost"):
        assert getattr(result.counts, name).tolist() == getattr(alone.counts, name).tolist(), name


@pytest.mark.parametrize("of", OF)
def test_documents_that_are_not_touched_are_counted_all_the_same(of: str) -> None:
    block = block_of(b"the dog", b"the ice cream of a dog", b"xylem")
    policy = Policy(portion=0, of=of)
    census = take_census(block.texts, block.keys, compile_headwords(SMALL), policy)
    assert not len(census.substitution.swaps.start)
    assert census.covered.tolist() == [2, 4, 0]
    assert census.eligible.tolist() == [2, 4, 0]


def test_long_forms_are_told_apart_by_their_begins() -> None:
    long = b"x" * MOST_FORM_BYTES
    block = block_of(long + b"a " + long + b"b " + long[1:] + b" " + long[1:])
    [forms] = take_census(block.texts, block.keys, compile_headwords(SMALL), Policy()).forms
    assert dict(zip(forms.texts.to_pylist(), forms.counts.tolist(), strict=True)) == {
        long: 2,
        long[1:]: 2,
    }
