"""From headwords to the arrays that the kernel works with."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from link.arrays import where_true
from link.kernel.compiled import (
    ABBREVIATED,
    CONTRACTED,
    DOES,
    FUNCTION_WORD,
    LONE_LETTER,
    NEVER_NAME,
    SPELLINGS,
    CompiledLexicon,
)
from link.language.context import LEAST_SCORE, ending_of, known_classes, priors
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
from link.lexicon.spellings import in_all_spellings, in_json
from link.lexicon.tables import build_phrases, build_tables, guides, pattern


def compile_headwords(
    headwords: Sequence[Headword], languages: Sequence[Language] = (Language(),)
) -> CompiledLexicon:
    """Arrays of headwords. Of two of one form, language and spelling the later one counts."""
    given, narrowed = headwords, list(_narrowed(headwords))
    headwords = [*given, *(headword for *_, headword in narrowed)]
    whole = [*range(len(given) + 1), *(number for number, *_ in narrowed)]
    words: dict[str, int] = {}  # form of a word -> entry
    several: dict[str, int] = {}  # form of several words -> entry
    count = len(languages)
    places: list[int] = []  # where in `senses`
    of_places: list[int] = []  # which sense
    entries = 0
    forms_of, lemmas, translations, weights, own_capital, spellings, later, of_languages, _ = (
        zip(*headwords, strict=True) if headwords else ((),) * len(Headword._fields)
    )
    for sense, (forms, spelling, language) in enumerate(
        zip(forms_of, spellings, of_languages, strict=True), start=1
    ):
        for form in forms:
            table = several if " " in form or "-" in form else words
            entry = table.get(form)
            if entry is None:
                entries += 1
                entry = table[form] = entries
            places.append((entry * count + language) * SPELLINGS + spelling)
            of_places.append(sense)
    parts = [parts_of(form) for form in several]
    neighbours = known_classes() if any(headword.parts for headword in given) else {}
    named = (*_NAMED_BY_RULES, *neighbours)
    for word in (*chain.from_iterable(each[::2] for each in parts), *named):
        if word not in words:
            entries += 1
            words[word] = entries

    senses = np.zeros((entries + 1) * count * SPELLINGS, np.int32)
    senses[places] = of_places  # the last one counts
    phrases, phrase_flags = build_phrases(parts, several.values(), words, entries + 1)
    flags = phrase_flags
    for form in {*_NAMED_BY_RULES, *[form for form in words if form[:2] == "i'"]}:
        flags[words[form]] |= _flags_of(form)

    as_spelled = ["", *chain.from_iterable(translations)]
    first = np.cumsum(np.array([0, 1, *map(len, translations)], np.int64))
    language_of = np.array([0, *of_languages], np.int64)
    ends_run = where_true(np.append(language_of[1:] != language_of[:-1], True))
    runs = [(languages[language_of[one]].code, int(first[one + 1])) for one in ends_run.tolist()]
    texts = in_all_spellings(as_spelled, runs)
    thresholds = {each: cumulative_thresholds(each) for each in {*weights}}  # few differ
    patterns = {each: pattern(each) for each in {*later}}
    all_thresholds = chain((ONE,), chain.from_iterable(map(thresholds.__getitem__, weights)))
    cumulative = np.fromiter(all_thresholds, np.uint64, len(as_spelled))
    keys = [form.encode("utf-8", "surrogatepass") for form in words]
    classes = np.zeros(entries + 1, np.uint8)
    for form, one in neighbours.items():
        classes[words[form]] = one
    return CompiledLexicon(
        tables=build_tables(keys, np.fromiter(words.values(), np.int32, len(words))),
        phrases=phrases,
        flags=flags,
        senses=senses,
        first=first,
        lemmas=np.array([0, *map(lemma_hash, lemmas)], np.uint64),
        own_capital=np.array([False, *own_capital], np.bool_),
        own_capitals=np.array([SMALL, *spellings], np.int64) == CAPITALS,
        later=np.array([0, *map(patterns.__getitem__, later)], np.uint64),
        language_of=language_of,
        cumulative=cumulative,
        guides=guides(first, cumulative),
        texts=texts,
        json_texts=in_json(texts),
        weights=np.array(integer_weights(languages), np.int64),
        codes=tuple(language.code for language in languages),
        classes=classes,
        whole=np.array(whole, np.int32),
        is_itself=np.fromiter(_are_themselves(headwords, whole), np.bool_, len(as_spelled)),
        translation_parts=np.fromiter(_parts_of_translations(headwords), np.int8, len(as_spelled)),
        **_alternatives(given, narrowed),
    )


def _narrowed(headwords: Sequence[Headword]) -> Iterator[tuple[int, int, Headword]]:
    """What is left of each headword if its part of speech is known: its number from 1, the part,
    and a headword that no form leads to.
    """
    for number, headword in enumerate(headwords, start=1):
        weights = headword.weight_of_parts()
        if len(weights) > 1:
            for part in weights:
                yield number, part, headword.narrowed(part)._replace(forms=())


def _alternatives(
    headwords: Sequence[Headword], narrowed: Sequence[tuple[int, int, Headword]]
) -> dict[str, npt.NDArray[Any]]:
    """Which parts of speech each sense may have; see CompiledLexicon."""
    senses = {
        (number, part): sense
        for sense, (number, part, _) in enumerate(narrowed, start=len(headwords) + 1)
    }
    rows: list[list[tuple[int, int, int, int]]] = [[]]  # part, its two scores, its sense
    places, endings = [0] * (len(headwords) + len(narrowed) + 1), [0]
    for number, headword in enumerate(headwords, start=1):
        weights, form = headword.weight_of_parts(), headword.forms[0]
        usual, every = (priors(form, weights, strict) for strict in (False, True))
        if len(every) > 1:
            places[number] = len(rows)
            endings.append(ending_of(form))
            rows.append(
                [
                    (
                        part,
                        usual.get(part, LEAST_SCORE),
                        every[part],
                        senses.get((number, part), number if part in weights else 0),
                    )
                    for part in sorted(every)
                ]
            )
    most = max(1, *map(len, rows))
    table = np.array(
        [[*row, *[(0, LEAST_SCORE, LEAST_SCORE, 0)] * (most - len(row))] for row in rows]
    )
    return {
        "alternatives": np.array(places, np.int32),
        "endings": np.array(endings, np.uint8),
        "parts": table[:, :, 0].T.astype(np.uint8),
        "priors": np.stack([table[:, :, one].T for one in (1, 2)]).astype(np.int16),
        "part_senses": table[:, :, 3].T.astype(np.int32),
    }


def _are_themselves(headwords: Sequence[Headword], whole: Sequence[int]) -> Iterator[bool]:
    """Whether each translation is its headword, that of nothing first."""
    yield False
    for headword, number in zip(headwords, whole[1:], strict=True):
        yield from map(headwords[number - 1].is_itself, headword.translations)


def _parts_of_translations(headwords: Sequence[Headword]) -> Iterator[int]:
    """The part of speech of each translation, -1 for none."""
    yield -1
    for headword in headwords:
        yield from headword.parts or (-1,) * len(headword.translations)


def _flags_of(form: str) -> int:
    return (
        NEVER_NAME * is_never_name(form)
        | LONE_LETTER * is_lone_letter(form)
        | ABBREVIATED * (form in ABBREVIATIONS or (len(form) == 1 and "a" <= form <= "z"))
        | CONTRACTED * (form.removesuffix("'s") in _CONTRACTED)
        | FUNCTION_WORD * (form in FUNCTION_WORDS)
        | DOES * (form in FORMS_OF_DO)
    )


_CONTRACTED = frozenset(one.removesuffix("'s") for one in CONTRACTIONS_IN_S)
_NAMED_BY_RULES = (
    *CONTRACTIONS_IN_S,
    *sorted(_CONTRACTED),
    *FORMS_OF_DO,
    *sorted(ABBREVIATIONS),
    *sorted(FUNCTION_WORDS),
    *"abcdefghijklmnopqrstuvwxyz",
)
