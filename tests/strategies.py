"""Hypothesis strategies: texts, bytes, lexicons, policies and blocks that look for trouble.

Everything is built from the same few words, so that what a lexicon holds does occur in a text.
`LINK_TEST_EXAMPLES` scales how many examples each property tries (10 means ten times as many).
"""

import json
import os
import random

import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from link.block import Block
from link.language.headwords import CAPITAL, CAPITALS, SMALL, Headword, Language, parts_of
from link.language.unicode import fold_text
from link.policy import MIX, NAMES, OF, PROTECT, TRANSLATION, Policy
from tests.spellings import spelled
from tests.structure import RHYTHM, STRUCTURE, container_text, structured_text

settings.register_profile(
    "link",
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],  # explaining is slow
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    print_blob=True,
)
settings.load_profile("link")


def examples(count: int) -> settings:
    """Settings of a property that tries `count` examples, or as many times that as is asked for.

    Six in ten by default, so that all tests take less than five minutes on two cores.
    """
    return settings(
        max_examples=max(1, int(count * float(os.environ.get("LINK_TEST_EXAMPLES", 0.6))))
    )


# --- words ----------------------------------------------------------------------------------------

APOSTROPHES = "'’ʼ"
MAX_FORM_BYTES = 300
LANGUAGES = ("", "de", "tr", "nl")

_LONG = "counterrevolutionariesofthepastcentury"  # cut at and around the edges of eight-byte lanes
_LANE_EDGES = tuple(_LONG[:size] for size in (7, 8, 9, 15, 16, 17, 31, 32, 33))

WORDS = (
    *("a", "i", "s", "x", "dog", "dogs", "us", "it", "monday", "ijs", "house", "kelvin", "fast"),
    *("i'm", "don't", "it's", "that's", "one's", "dog's", "rock'n'roll", "o'clock", "x's's", "i's"),
    *("snake_case", "x_", "a1", "dog3"),
    *("straße", "café", "cafe\u0301", "naïve", "élan", "ﬁn", "ǆep", "ĳs", "œuvre", "été's"),
    *(
        "собака",
        "σίσυφος",
        "हिन्दी",
        "कुत्ता",
        "犬",
        "犬ab",
        "𐐨𐐩",
        "i\u0307",
        "ı",
        "q\u0301x",
        "ⱥⱦ",
        "ꭰꭱ",
    ),
    *_LANE_EDGES,
    *(word[:-1] + "é" for word in _LANE_EDGES),  # é takes two bytes: one beyond the edge
)
FORMS = tuple(dict.fromkeys(map(fold_text, WORDS)))


def _cases(word: str) -> tuple[str, ...]:
    mixed = "".join(c.upper() if n % 2 else c for n, c in enumerate(word))
    return word, word.upper(), word[:1].upper() + word[1:], word.title(), mixed


def _dressed(word: str) -> tuple[str, ...]:
    """A word with what may hang on it: possessives, underscores, marks, digits, apostrophes."""
    return (
        *(word.replace("'", own) for own in APOSTROPHES),
        *(f"{word}{own}{s}" for own in APOSTROPHES for s in "sSſ"),
        *(f"_{word}", f"{word}__", f"__{word}_", f"{word}'", f"'{word}'", f"3{word}", f"{word}3"),
        *(f"{word}\u0301", f"{word}-{word}", f"{word}'s's", f"{word}.", f'{word}." ', f"{word}\n"),
    )


WORDS_IN_TEXT = tuple(
    dict.fromkeys(dressed for word in WORDS for case in _cases(word) for dressed in _dressed(case))
)

# What stands between words, and what is hard about characters.
GAPS = (
    *(
        " ",
        " ",
        " ",
        "  ",
        "\n",
        "\n\n",
        "\r\n",
        "\n \n",
        "\n- ",
        "\n\t* ",
        "\n# ",
        "\u2028",
        "\x85",
    ),
    *(
        ". ",
        ".",
        "! ",
        "? ",
        '." ',
        ".’ ",
        ".) ",
        "… ",
        ", ",
        "; ",
        ": ",
        "-",
        "—",
        "/",
        "@",
        "...",
    ),
    *(
        "\t",
        "\u00a0",
        "\u3000",
        "\u200b",
        "\u200d",
        "\x00",
        "\x7f",
        "\\",
        '"',
        "\\n",
        "\\u0041",
        "\\'",
    ),
    *("_", "'", "’", "ʼ", "''", "_'", "'_", "1", "٣", "²", "😀", "👩\u200d🚀", "\ufeff", "\u0301"),
)
_TROUBLE = (
    "aAiIsSzZéÉßıİſKǅǆ\u0301\u0903'’ʼ_0٣ .!?\n\t\r\"\\/\u2028\u200d😀𐐀𐐨\ue000犬\x00\x1f\x7f\x85\xa0"
)

_CHARACTERS = st.text(
    st.sampled_from(_TROUBLE) | st.characters(exclude_categories=("Cs", "Co")), max_size=8
)
_SURROGATES = st.text(
    st.sampled_from("\ud800\udbff\udc00\udfffa'") | st.integers(0xD800, 0xDFFF).map(chr), max_size=4
)
_TEXT_PIECES = st.sampled_from(WORDS_IN_TEXT) | st.sampled_from(GAPS) | _CHARACTERS


def long_text(count: int, seed: int) -> str:
    """A longer text than Hypothesis would draw piece by piece: words, mostly apart."""
    random_ = random.Random(seed)
    pieces = []
    for _ in range(count):
        pieces.append(random_.choice(WORDS_IN_TEXT))
        pieces += random_.choices(GAPS, k=random_.choice((0, 1, 1, 1, 2)))
    return "".join(pieces)


def texts(surrogates: bool = False, max_pieces: int = 30) -> st.SearchStrategy[str]:
    """Unicode text; with `surrogates`, lone ones too."""
    pieces = _TEXT_PIECES | _SURROGATES if surrogates else _TEXT_PIECES
    few = st.lists(pieces, max_size=10).map("".join)
    sizes, seeds = st.integers(3, max_pieces), st.integers(0, 1 << 32)
    many = st.builds(long_text, sizes, seeds)
    structured = st.builds(structured_text, sizes, seeds)
    containers = st.builds(container_text, sizes, seeds)
    marks = st.lists(st.sampled_from(STRUCTURE), max_size=12).map("".join)
    return few | many | structured | structured | containers | marks


# --- bytes ----------------------------------------------------------------------------------------

_FRAGMENTS = (
    *(b"\\", b"\\n", b"\\u0041", b"\x00", b"\x85", b"\xa0", b"\xff", b"\xe2", b"\x80", b"\x99"),
    *(b"\xe2\x80", b"\xe2\x80\x99", b"\xca\xbc", b"\xc3", b"\xa9", b"\xc3\xa9", b"\xcc\x81"),
    *(b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf4\x8f\xbf\xbf", b"\xc0\xaf", b"\xe0\x80\xa7"),
    *(b"\xf0\x9f", b"\xf0\x9f\x98\x80", b"\xf0\x90\x90\xa8", b"\xe2\x84\xaa", b"\xc7\x85"),
    *(b"dog", b"Dog", b"DOG", b"a", b"I", b"s", b"S", b"caf", b"u", b"n", b"e9", b"`", b"$", b"="),
    *(b"'", b"'s", b"_", b"3", b" ", b" ", b". ", b"\n", b'"', b"/", b"-", b"@", b"{", b"(", b"::"),
)


def raw_bytes() -> st.SearchStrategy[bytes]:
    """Bytes that need not be text of any kind."""
    pieces = st.sampled_from(_FRAGMENTS) | st.binary(max_size=4)
    return st.lists(pieces, max_size=30).map(b"".join)


def _in_utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


KEYS = st.sampled_from((0, 1, (1 << 64) - 1)) | st.integers(0, (1 << 64) - 1)
Document = tuple[bytes, int]


def documents() -> st.SearchStrategy[list[Document]]:
    """A few documents and their keys: text, text with lone surrogates, or no text at all."""
    text = texts().map(_in_utf8) | texts(surrogates=True).map(_in_utf8)
    return st.lists(st.tuples(text | text | raw_bytes(), KEYS), max_size=4)


# --- lexicons -------------------------------------------------------------------------------------

_TRANSLATIONS = (
    *("Hund", "hund", "ein Hund", "ijs", "iyi", "ısı", "straße", "ŉ", "ǆip", "ﬁn", "", "𐐨", "ß"),
    *("собака", "犬", "कुत्ता", "'n hond", "d’eau", "-x", "42", 'a"b', "c:\\dog", "\\u0041", "\\"),
    *("a\tb", "line\nbreak", "\r", "\x00", "\x1f\x7f", "\u2028", "/", "é\u0301", "😀 ja", "l" * 40),
)
_WEIGHTS = (1.0, 1.0, 0.1, 0.5, 2.5, 3.0, 1e-9, 1e9)

# Phrases that overlap, begin alike, or go on from one another.
_PHRASES = (
    *(
        "the dog",
        "the dog house",
        "dog house",
        "house of",
        "house of the dog",
        "of the",
        "dog-house",
    ),
    *(
        "the house",
        "a dog",
        "dog's house",
        "i dog",
        "it us",
        "us it",
        "dog a",
        "the-dog",
        "dog dog",
    ),
    *(
        "dog dog dog",
        "mr dog",
        "犬 dog",
        "é dog",
        "i'm a",
        "a dog-house of the dog",
        "of of",
        "us a",
    ),
)


def _long_form(stem: str, size_bytes: int) -> str:
    repeated = stem * (size_bytes // len(stem.encode()) + 1)
    while len(repeated.encode()) > size_bytes:
        repeated = repeated[:-1]
    return repeated


def _odd_forms() -> st.SearchStrategy[str]:
    stems = st.sampled_from(("x", "dogs", "é", "犬", "a'", "d_"))
    long_forms = st.builds(_long_form, stems, st.integers(30, MAX_FORM_BYTES))
    arbitrary = st.text(st.characters(categories=["L", "M", "Nd"]), min_size=1, max_size=20)
    return long_forms | arbitrary.map(fold_text)


def random_headword(random_: random.Random, *forms: str, languages: int = 1) -> Headword:
    """A headword of some forms; all else of it is drawn."""
    translations = tuple(random_.sample(_TRANSLATIONS, random_.choice((1, 2, 3))))
    return Headword(
        forms=forms,
        lemma=forms[0],
        translations=translations,
        weights=tuple(random_.choice(_WEIGHTS) for _ in translations),
        own_capital=random_.random() < 0.3,
        spelling=random_.choice((SMALL, SMALL, SMALL, CAPITAL, CAPITALS)),
        later=tuple(
            random_.choice((SMALL, SMALL, CAPITAL, CAPITALS)) for _ in parts_of(forms[0])[2::2]
        ),
        language=random_.randrange(languages),
    )


Lexicon = tuple[list[Headword], list[Language]]


@st.composite
def lexicons(draw: st.DrawFn) -> Lexicon:
    """Headwords of one word and of several, in several spellings and languages."""
    codes = draw(st.lists(st.sampled_from(LANGUAGES), min_size=1, max_size=3))
    weights = st.sampled_from((1.0, 1.0, 0.5, 7.0, 1e-9))
    languages = [Language(code, draw(weights)) for code in codes]
    random_ = random.Random(draw(st.integers(0, 1 << 32)))
    share = draw(st.sampled_from((1.0, 0.6, 0.2, 0.0)))
    pool = [
        form for form in (*FORMS, *_PHRASES * 2, *_RHYTHM_FORMS * 3) if random_.random() < share
    ]
    odd = draw(st.lists(_odd_forms(), max_size=6))
    if odd and draw(st.booleans()):
        pool.append(odd.pop())
    headwords = [random_headword(random_, form, languages=len(languages)) for form in pool]
    if odd:
        headwords.append(random_headword(random_, *odd, languages=len(languages)))
    return headwords, languages


_RHYTHM_FORMS = tuple(dict.fromkeys(map(str.lower, RHYTHM)))


# --- policies, sizes and blocks -------------------------------------------------------------------

_SHARES = st.sampled_from((1.0, 1, 0.3, 0.5, 0.9, 0.0, 1e-300)) | st.floats(0.1, 1)


def policies() -> st.SearchStrategy[Policy]:
    """Any policy; one that leaves texts alone is rather rare."""
    return st.builds(
        Policy,
        ratio=st.just(1.0) | _SHARES,
        of=st.sampled_from(OF),
        portion=st.sampled_from((1.0, 1.0, 1.0, 0.5)) | _SHARES,
        seed=KEYS,
        translation=st.sampled_from(TRANSLATION),
        names=st.sampled_from(NAMES),
        protect=st.sampled_from((PROTECT, PROTECT, (), *((one,) for one in PROTECT))),
        mix=st.sampled_from(MIX),
        mode=st.sampled_from((*(["replace"] * 3), "annotate", "replace=0.5,annotate=0.5")),
        brackets=st.sampled_from(("()", "()", '""', "\\\\", "「」", "<<>>")),
    )


def window_sizes() -> st.SearchStrategy[int]:
    """Bytes of a window; mostly so few that each document has its own."""
    return st.integers(1, 64) | st.sampled_from((1, 1 << 10, 1 << 20))


def section_sizes() -> st.SearchStrategy[int]:
    """Bytes of a section, half of them more than any document has."""
    return st.integers(20, 200) | st.just(1 << 20)


def make_block(
    documents: list[bytes], gaps: list[bytes], keys: list[int], escaped: bool, *, tail: bytes = b""
) -> Block:
    """A block of gap, document, gap, document, …, tail. Quotes of JSON strings are added here."""
    quote = b'"' if escaped else b""
    data = bytearray()
    starts, ends = [], []
    for document, gap in zip(documents, gaps, strict=True):
        data += gap + quote
        starts.append(len(data))
        data += document
        ends.append(len(data))
        data += quote
    return Block(
        bytes(data + tail),
        np.array(starts, np.int64),
        np.array(ends, np.int64),
        np.array(keys, np.uint64),
        escaped,
        [_in_utf8(json.loads(b'"%s"' % one)) for one in documents] if escaped else documents,
    )


_JSON_GAPS = st.sampled_from(
    (b"", b",", b'{"id":1,"text":', b'}\n{"dog":"dog\\"s","text":', b'"a",')
)
# Between plain documents anything may stand, or nothing at all: Arrow columns touch.
_PLAIN_GAPS = st.sampled_from(
    (b"", b"", b"", b"\n", b" ", b"dog", b"'", b"_", b"3", b"\xe2", b"\x99")
)


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    """Several documents, escaped or plain, touching or apart; escaped ones are text."""
    escaped = draw(st.booleans())
    plain = texts().map(_in_utf8) | raw_bytes()
    documents = draw(st.lists(spelled(texts(surrogates=True)) if escaped else plain, max_size=4))
    gaps = [draw(_JSON_GAPS if escaped else _PLAIN_GAPS) for _ in documents]
    keys = [draw(KEYS) for _ in documents]
    tail = draw(_JSON_GAPS if escaped else _PLAIN_GAPS)
    return make_block(documents, gaps, keys, escaped, tail=tail)
