"""From headwords to the arrays that the kernel works with."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from link.arrays import where_true
from link.block import Int64s, json_escaped
from link.kernel.compiled import (
    ABBREVIATED,
    CONTRACTED,
    COVERED,
    DEPENDS,
    DOES,
    FUNCTION_WORD,
    LONE_LETTER,
    NEVER_NAME,
    SPELLINGS,
    CompiledLexicon,
)
from link.language.context import known_classes
from link.language.draws import ONE, cumulative_thresholds
from link.language.english import (
    ABBREVIATIONS,
    CONTRACTIONS_IN_S,
    FORMS_OF_DO,
    FUNCTION_WORDS,
    is_lone_letter,
    is_never_name,
)
from link.language.headwords import (
    CAPITALS,
    SMALL,
    Headword,
    Language,
    integer_weights,
    lemma_hash,
    parts_of,
)
from link.language.unicode import DOTTED_LANGUAGES, capitalised_text, fold_text, upper_text
from link.lexicon.part_arrays import part_arrays
from link.lexicon.tables import build_phrases, build_tables, guides, pattern


def compile_headwords(
    headwords: Sequence[Headword], languages: Sequence[Language] = (Language(),)
) -> CompiledLexicon:
    """Arrays of headwords. Of two of one form, language and spelling the later one counts."""
    # Number (from 1), headword, and the weight of each part of speech that it has.
    with_parts = [
        (number, headword, headword.weight_of_parts())
        for number, headword in enumerate(headwords, start=1)
        if headword.parts and not headword.later  # phrases are taken as they are
    ]
    narrowed = [
        (number, part, headword.narrowed(part))
        for number, headword, weights in with_parts
        if len(weights) > 1
        for part in weights
    ]
    senses = [*headwords, *(headword for *_, headword in narrowed)]
    forms_of, lemmas, translations, weights, own_capital, spellings, later, of_languages, parts = (
        zip(*senses, strict=True) if senses else ((),) * len(Headword._fields)
    )
    entry_of: dict[str, int] = {}
    forms = chain.from_iterable(forms_of[: len(headwords)])
    entries = np.array([entry_of.setdefault(form, len(entry_of) + 1) for form in forms], np.int64)
    phrases_parts = {form: parts_of(form) for form in entry_of if " " in form or "-" in form}
    neighbours = known_classes() if with_parts else {}
    for word in (
        *chain.from_iterable([p[::2] for p in phrases_parts.values()]),
        *_NAMED_BY_RULES,
        *neighbours,
    ):
        entry_of.setdefault(word, len(entry_of) + 1)
    words = {form: entry for form, entry in entry_of.items() if form not in phrases_parts}

    # By sense; sense 0 is none.
    spelling_of = np.array([SMALL, *spellings], np.int64)
    language_of = np.array([0, *of_languages], np.int64)
    whole = np.array([*range(len(headwords) + 1), *(number for number, *_ in narrowed)], np.int32)
    sizes = np.array([1, *map(len, translations)], np.int64)
    first = np.append(0, np.cumsum(sizes))

    sense_of = np.repeat(whole[1 : len(headwords) + 1], [*map(len, forms_of[: len(headwords)])])
    places = (entries * len(languages) + language_of[sense_of]) * SPELLINGS + spelling_of[sense_of]
    sense_of_place = np.zeros((len(entry_of) + 1) * len(languages) * SPELLINGS, np.int32)
    sense_of_place[places] = sense_of  # the last one counts

    phrases, flags = build_phrases(phrases_parts, entry_of, len(entry_of) + 1)
    for form in {*_NAMED_BY_RULES, *[form for form in words if form[:2] == "i'"]}:
        flags[entry_of[form]] |= _flags_of(form)
    flags[[entry_of[form] for form in neighbours]] |= np.array([*neighbours.values()], np.uint16)

    as_spelled = ["", *chain.from_iterable(translations)]
    ends_run = where_true(np.append(language_of[1:] != language_of[:-1], True))
    runs = [(languages[language_of[one]].code, int(first[one + 1])) for one in ends_run.tolist()]
    texts = in_all_spellings(as_spelled, runs)
    thresholds = {each: cumulative_thresholds(each) for each in {*weights}}  # few differ
    patterns = {each: pattern(each) for each in {*later}}
    all_thresholds = chain((ONE,), chain.from_iterable(map(thresholds.__getitem__, weights)))
    cumulative = np.fromiter(all_thresholds, np.uint64, len(as_spelled))
    translation_parts = np.full(len(as_spelled), -1, np.int8)
    translation_parts[np.repeat([False, *map(bool, parts)], sizes)] = [*chain.from_iterable(parts)]
    keys = [form.encode("utf-8", "surrogatepass") for form in words]
    lexicon = CompiledLexicon(
        tables=build_tables(keys, np.fromiter(words.values(), np.int32, len(words))),
        phrases=phrases,
        flags=flags,
        senses=sense_of_place,
        first=first,
        lemmas=np.array([0, *map(lemma_hash, lemmas)], np.uint64),
        own_capital=np.array([False, *own_capital], np.bool_),
        own_capitals=spelling_of == CAPITALS,
        later=np.array([0, *map(patterns.__getitem__, later)], np.uint64),
        language_of=language_of,
        cumulative=cumulative,
        guides=guides(first, cumulative),
        texts=texts,
        json_texts=in_json(texts),
        weights=np.array(integer_weights(languages), np.int64),
        codes=tuple(language.code for language in languages),
        whole=whole,
        is_itself=_are_themselves(as_spelled, texts, forms_of, sizes),
        translation_parts=translation_parts,
        **part_arrays(with_parts, narrowed, len(whole), len(headwords) + 1),
    )
    depends = lexicon.depends[0] | lexicon.depends[1]
    for bit, of_sense in ((COVERED, lexicon.whole > 0), (DEPENDS, depends)):
        flags[of_sense[sense_of_place].reshape(len(flags), -1).any(axis=1)] |= bit
    return lexicon


def in_all_spellings(
    as_spelled: Sequence[str], runs: Sequence[tuple[str, int]]
) -> pa.LargeBinaryArray:
    """The texts in UTF-8: as they are, then all Capitalised, then all in CAPITALS.

    `runs`: the code of each language, and where its texts end.
    """
    begins = [0, *(end for _, end in runs)]
    spelled = [
        _spelled(as_spelled[begin:end], code)
        for begin, (code, end) in zip(begins, runs, strict=False)
    ]
    return pa.concat_arrays([*chain.from_iterable(zip(*spelled, strict=True))])


def _spelled(texts: Sequence[str], code: str) -> list[pa.LargeBinaryArray]:
    """One language's texts in all spellings: letters of ASCII at once, other texts one by one."""
    plain = _binary(texts)
    offsets, data = (np.frombuffer(plain.buffers()[n], kind) for n, kind in _BUFFERS)
    in_capitals = _UPPER.take(data)
    capitalised = np.append(data, np.uint8(0))  # the last text may be empty
    first = _UPPER.take(capitalised[offsets[:-1]])
    capitalised[offsets[:-1]] = first
    is_open = (data >= 0x80) | ((data == ord("i")) & (code in DOTTED_LANGUAGES))
    opened = np.append(0, np.cumsum(is_open))[offsets]
    is_letter = (first >= ord("A")) & (first <= ord("Z")) & (first != ord("I"))  # nor half of `ij`
    found = [plain]
    for spelled, is_other, rule in (
        (capitalised, ~is_letter, capitalised_text),
        (in_capitals, opened[1:] > opened[:-1], upper_text),
    ):
        buffers = [None, plain.buffers()[1], pa.py_buffer(spelled)]
        array = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(texts), buffers)
        others = _binary([rule(texts[place], code) for place in where_true(is_other).tolist()])
        bits = [None, pa.py_buffer(np.packbits(is_other, bitorder="little"))]
        mask = pa.BooleanArray.from_buffers(pa.bool_(), len(texts), bits)
        found.append(pc.replace_with_mask(array, mask, others))
    return found


def _are_themselves(
    as_spelled: Sequence[str],
    texts: pa.LargeBinaryArray,
    forms_of: Sequence[tuple[str, ...]],
    sizes: Int64s,
) -> npt.NDArray[np.bool_]:
    """Which translations are spelled like their headword, capitals aside.

    `texts` begins with those of `as_spelled`; `sizes`: how many each sense has, of sense 0 first.
    """
    offsets, data = (np.frombuffer(texts.buffers()[n], kind) for n, kind in _BUFFERS)
    first = np.append(data, np.uint8(0))[offsets[: len(as_spelled)]] | np.uint8(0x20)
    initials = [ord(forms[0][0]) if forms[0].isascii() else 0 for forms in forms_of]
    initial = np.repeat([0, *initials], sizes)
    # Most begin with another letter. What is not ASCII may fold to anything.
    is_open = (first < ord("a")) | (first > ord("z")) | (initial == 0)
    places = where_true(is_open | (first == initial))
    found = np.zeros(len(as_spelled), np.bool_)
    sense_of = np.repeat(np.arange(len(sizes)), sizes)[places]
    for place, sense in zip(places[1:].tolist(), sense_of[1:].tolist(), strict=True):
        found[place] = fold_text(as_spelled[place]) in forms_of[sense - 1]
    return found


def in_json(texts: pa.LargeBinaryArray) -> pa.LargeBinaryArray:
    """The texts as they stand inside JSON strings; the same array if nothing is to be escaped."""
    data = np.frombuffer(texts.buffers()[2], np.uint8)
    if not (data < ord(" ")).any() and not any((data == one).any() for one in b'"\\'):
        return texts
    return _binary([json_escaped(text.decode()) for text in texts.to_pylist()])


def _binary(texts: Sequence[str]) -> pa.LargeBinaryArray:
    """The texts in UTF-8. (`pa.array` would import pandas, here and below.)"""
    encoded = [*map(str.encode, texts)]
    offsets = np.cumsum(np.fromiter(chain((0,), map(len, encoded)), np.int64))
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(texts), buffers)


def _flags_of(form: str) -> int:
    return (
        NEVER_NAME * is_never_name(form)
        | LONE_LETTER * is_lone_letter(form)
        | ABBREVIATED * (form in ABBREVIATIONS or (len(form) == 1 and "a" <= form <= "z"))
        | CONTRACTED * (form.removesuffix("'s") in _CONTRACTED)
        | FUNCTION_WORD * (form in FUNCTION_WORDS)
        | DOES * (form in FORMS_OF_DO)
    )


_BUFFERS = ((1, np.int64), (2, np.uint8))
"""Where Arrow keeps the offsets and the bytes of texts."""

_UPPER = np.frombuffer(bytes(range(256)).upper(), np.uint8)
_CONTRACTED = frozenset(one.removesuffix("'s") for one in CONTRACTIONS_IN_S)
_NAMED_BY_RULES = (
    *CONTRACTIONS_IN_S,
    *sorted(_CONTRACTED),
    *FORMS_OF_DO,
    *sorted(ABBREVIATIONS),
    *sorted(FUNCTION_WORDS),
    *"abcdefghijklmnopqrstuvwxyz",
)
