"""Inflected forms: which ones a lexicon of lemmas gets, and which it never gets."""

import gzip
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import lemminflect
import pytest

import link
from link.lexicon import Lexicon, Translation
from link.lexicon import inflect as inflect_module
from link.lexicon.inflect import holds_lemmas, inflections, is_form_of

Entries = dict[str, tuple[Translation, ...]]


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is compiled here does not go to the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def entries_of(*words: str, pos: str = "") -> Entries:
    """Each word with one translation: itself in angle brackets."""
    return {word: (Translation(f"<{word}>", pos=pos),) for word in words}


def forms_of(entries: Entries) -> set[str]:
    return set(inflections(entries).forms)


def texts_of(entries: Entries, form: str) -> list[str]:
    return [one.text for one in inflections(entries).forms[form][1]]


# --- which forms ----------------------------------------------------------------------------------


FORMS_OF = """
child/noun=children city/noun=cities man/noun=men analysis/noun=analyses
see/verb=saw,seen,seeing,sees walk/verb=walked,walking,walks run/verb=ran,running,runs
put/verb=puts,putting be/verb=is,was,were,been,being do/aux=does,did,done,doing
big/adj=bigger,biggest good/adj=better,best bad/adj=worse,worst fast/adv=faster,fastest
and/conj= two/num= ice_cream/noun= don't/verb= x-ray/noun= café/noun= 犬/noun= xqzzy/noun=
dogs/noun=
"""


@pytest.mark.parametrize("case", FORMS_OF.split())
def test_a_word_has_the_forms_of_its_part_of_speech(case: str) -> None:
    given, forms = case.split("=")
    word, pos = given.replace("_", " ").split("/")
    assert forms_of(entries_of(word, pos=pos)) == set(filter(None, forms.split(",")))


@pytest.mark.parametrize("word", "i a he it us her hi ha an in or no as m s t we my so to".split())
def test_small_words_have_no_forms_that_are_other_words(word: str) -> None:
    assert forms_of(entries_of(word)) == set()


def test_a_form_takes_the_translations_of_the_part_of_speech_that_has_it() -> None:
    entries: Entries = {
        "walk": (
            Translation("gehen", pos="verb"),
            Translation("Spaziergang", 0.5, "noun"),
            Translation("x"),
            Translation("oh", pos="intj"),
        )
    }
    assert texts_of(entries, "walked") == ["gehen", "x"]
    assert texts_of(entries, "walks") == ["gehen", "Spaziergang", "x"]
    assert inflections(entries).forms["walks"][1][1].weight == 0.5
    assert forms_of(entries_of("walk", pos="intj")) == set()


def test_a_form_of_several_lemmas_takes_the_translations_of_all() -> None:
    entries = entries_of("leaf", "leave", "lives", "life", "live")
    lemmas, translations = inflections(entries).forms["leaves"]
    assert set(lemmas) == {"leaf", "leave"}
    assert {one.text for one in translations} == {"<leaf>", "<leave>"}
    assert "lives" not in forms_of(entries)


# --- what is never overridden ---------------------------------------------------------------------


@pytest.mark.parametrize("entry", ["saw", "Saw", "SAW"])
def test_a_form_never_takes_the_place_of_an_entry(entry: str) -> None:
    lexicon = _inflected(("see", "sehen"), (entry, "Säge"))
    assert forms_of(dict(lexicon.entries)) >= {"seen", "sees"}
    assert "saw" not in forms_of(dict(lexicon.entries))
    assert _swapped(lexicon, "x saw seen") == "x Säge sehen"


def test_headwords_that_differ_in_case_do_not_both_give_a_form() -> None:
    """One of them would be found in text, and which one must not depend on chance."""
    lexicon = _inflected(("Polish", "polnisch"), ("polish", "polieren"))
    forms = [(form, one.spelling) for one in lexicon.headwords for form in one.forms]
    assert len(forms) == len(set(forms))
    assert _swapped(lexicon, "x polished") == "x polieren"


@pytest.mark.parametrize(
    ("headword", "form"), [("May", "might"), ("Polish", "polished"), ("March", "marched")]
)
def test_a_name_does_not_conjugate(headword: str, form: str) -> None:
    assert _swapped(_inflected((headword, "Wort")), f"x {form}") == f"x {form}"


# --- capitals -------------------------------------------------------------------------------------


def test_a_form_has_the_capital_of_its_lemma() -> None:
    assert forms_of(entries_of("March", pos="noun")) == {"Marches"}
    lexicon = _inflected(("dog", "hund"), ("march", "marsch"))
    assert _swapped(lexicon, "x Marches Dogs DOGS dogs") == "x Marsch Hund HUND hund"
    (headword,) = [one for one in _inflected(("March", "märz")).headwords if "marches" in one.forms]
    assert headword.own_capital


# --- in text --------------------------------------------------------------------------------------


def _inflected(*pairs: tuple[str, str]) -> Lexicon:
    return replace(Lexicon.from_pairs(pairs), inflect=True)


def _swapped(lexicon: Lexicon, text: str, **policy: object) -> str:
    everything = {"ratio": 1.0, "of": "eligible", "names": "swap"}
    chosen = link.Policy(**{**everything, **policy})  # type: ignore[arg-type]
    return link.Substituter(lexicon, chosen)(text)


def test_forms_are_found_in_text_where_the_lexicon_is_inflected() -> None:
    lexicon = _inflected(("dog", "Hund"), ("walk", "gehen"), ("big", "groß"))
    text = "x dogs walked bigger dog’s walking dogs'"
    assert _swapped(lexicon, text) == "x Hund gehen groß Hund’s gehen Hund'"
    plain = Lexicon.from_pairs([("dog", "Hund"), ("walk", "gehen"), ("big", "groß")])
    assert _swapped(plain, text) == "x dogs walked bigger Hund’s walking dogs'"


def test_a_document_has_one_translation_for_a_word_and_its_forms() -> None:
    lexicon = _inflected(*(("dog", f"t{letter}") for letter in "abcdefgh"))
    seen = set()
    for seed in range(20):
        words = _swapped(lexicon, "dog dogs Dog's dogged DOGS", seed=seed).lower().split()
        assert len({word.removesuffix("'s") for word in words}) == 1
        seen.add(words[0])
    assert len(seen) > 3


# --- whether --------------------------------------------------------------------------------------

LEMMAS = "day year man woman child eye hand word thing make come take".split()
FORMS = "days years men women children eyes hands words things made came took".split()


@pytest.mark.parametrize(
    ("words", "stated", "answer"),
    [
        (LEMMAS, "", True),
        (LEMMAS + FORMS, "", False),
        (LEMMAS + FORMS[:3], "", True),
        (LEMMAS + FORMS[:6], "", False),
        (LEMMAS[:4], "", False),
        (["dog"], "", False),
        ([], "", False),
        (["dog"], "lemmas", True),
        (["dog"], " Lemmas ", True),
        (LEMMAS, "words", False),
        (LEMMAS + FORMS, "lemmas", True),
    ],
)
def test_a_lexicon_says_or_shows_that_it_holds_lemmas(
    words: list[str], stated: str, answer: bool
) -> None:
    assert holds_lemmas(entries_of(*words), stated) is answer


@pytest.mark.parametrize(
    ("header", "asked", "is_inflected"),
    [
        ("lemmas", None, True),
        ("forms", None, False),
        ("lemmas", False, False),
        ("forms", True, True),
    ],
)
def test_the_header_is_followed_unless_it_is_overruled(
    tmp_path: Path, header: str, asked: bool | None, is_inflected: bool
) -> None:
    path = tmp_path / "en-de.tsv"
    path.write_text(f"# name: x\n# headwords: {header}\ndog\tHund\n", encoding="utf-8")
    lexicon = Lexicon.load(path, inflect=asked)
    assert lexicon.inflect is is_inflected
    assert set(lexicon.inflections.forms) >= ({"dogs"} if is_inflected else set())
    assert bool(lexicon.inflections.forms) is is_inflected


# --- what is written down -------------------------------------------------------------------------


def test_a_manifest_has_the_number_and_the_hash_of_the_forms() -> None:
    lexicon = _inflected(("dog", "Hund"))
    about = lexicon.as_dict()
    assert about["inflected_forms"] == len(lexicon.inflections.forms) >= 1
    assert about["inflections_sha256"] == sha256(lexicon.inflections.text().encode()).hexdigest()
    plain = Lexicon.from_pairs([("dog", "Hund")]).as_dict()
    assert plain["inflected_forms"] == 0
    assert plain["inflections_sha256"] == sha256().hexdigest() != about["inflections_sha256"]
    assert plain["sha256"] == about["sha256"]


# --- nothing is unpickled -------------------------------------------------------------------------


def forms_by_the_library(word: str) -> dict[str, set[str]]:
    """Form -> parts of speech, by lemminflect's own functions."""
    forms: dict[str, set[str]] = {}
    if word[:1].isupper():
        for kind in ("PROPN", "NOUN"):
            tags = lemminflect.getAllInflections(word, kind)
            for form in (*tags.get("NNPS", ()), *tags.get("NNS", ())):
                if form.lower() != word.lower():
                    forms.setdefault(form.capitalize(), set()).add("noun")
    elif word not in MODALS:
        for part, kind in KINDS.items():
            lemmas = lemminflect.getAllLemmas(word, "VERB" if kind == "AUX" else kind).values()
            by_tag = lemminflect.getAllInflections(word, kind)
            forms_of_part = (form for tag in TAGS[kind] for form in by_tag.get(tag, ()))
            for form in forms_of_part if word in {one for each in lemmas for one in each} else ():
                if form != word:
                    forms.setdefault(form, set()).add(part)
    return {form: parts for form, parts in forms.items() if form.isascii() and form.isalpha()}


MODALS = {"can", "may", "must", "shall", "will"}
KINDS = {"noun": "NOUN", "verb": "VERB", "aux": "AUX", "adj": "ADJ", "adv": "ADV"}
TAGS = {
    "NOUN": ["NNS"],
    "VERB": ["VBD", "VBG", "VBN", "VBZ"],
    "AUX": ["VBD", "VBG", "VBN", "VBZ"],
    "ADJ": ["JJR", "JJS"],
    "ADV": ["RBR", "RBS"],
}


def test_the_forms_are_those_that_the_library_gives() -> None:
    tables = [gzip.decompress(data).decode() for data in inflect_module.table_files()[:2]]
    instead = [data.decode() for data in inflect_module.table_files()[2:]]
    lines = [line for table in tables for line in table.splitlines()[::1000]]
    lines += [line for text in instead for line in text.splitlines()]
    words = {line.split(",")[0] for line in lines}
    words |= MODALS | {"be", "do", "have", "dare", "ought", "saw", "found", "iPhone"}
    words |= {word.capitalize() for word in words} | {word.upper() for word in words}
    for word in sorted(word for word in words if word.isascii() and word.isalpha()):
        assert inflect_module._forms_of(word) == forms_by_the_library(
            word if word[:1].isupper() else word.lower()
        ), word
        for part in ("verb", "noun"):
            found = lemminflect.getAllLemmas(word.lower(), part.upper()).values()
            lemmas = [lemma for each in found for lemma in each]
            is_form = word.lower() in lemmas if part == "verb" else bool(lemmas)
            assert is_form_of(word, part) is is_form, (word, part)


def test_no_form_is_swapped_for_itself() -> None:
    lexicon = Lexicon.from_pairs(
        [("fall", "fallen"), ("fall", "stürzen"), ("camp", "Camping"), ("pip", "Pips")]
    )
    forms = replace(lexicon, inflect=True).inflections.forms
    assert [one.text for one in forms["fallen"][1]] == ["stürzen"]
    assert [one.text for one in forms["falls"][1]] == ["fallen", "stürzen"]
    assert "camping" not in forms
    assert "pips" not in forms
