"""From headwords to the arrays that the kernel works with."""

from collections.abc import Sequence
from itertools import chain

import numpy as np

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
    words: dict[str, int] = {}  # form of a word -> entry
    several: dict[str, int] = {}  # form of several words -> entry
    count = len(languages)
    places: list[int] = []  # where in `senses`
    of_places: list[int] = []  # which sense
    entries = 0
    forms_of, lemmas, translations, weights, own_capital, spellings, later, of_languages = (
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
    for word in (*chain.from_iterable(each[::2] for each in parts), *_NAMED_BY_RULES):
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
    )


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
