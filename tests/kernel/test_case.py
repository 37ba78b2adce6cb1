"""How a translation is capitalised, by a table written by hand; both kernels write the same."""

import pytest

from link.language.headwords import Headword
from tests.kernel.helpers import headword, swapped_text

# Mid-sentence: after a word and a space; at a start: after a word and a full stop.
MIDST, START = "x ", "yes. "

CASES = [
    # headword, translation, language, before, source, written
    ("dog", "Hund", "de", MIDST, "dog", "Hund"),
    ("dog", "Hund", "de", MIDST, "Dog", "Hund"),
    ("dog", "Hund", "de", MIDST, "DOG", "HUND"),
    ("dog", "perro", "es", MIDST, "dog", "perro"),
    ("dog", "perro", "es", MIDST, "Dog", "Perro"),
    ("dog", "perro", "es", MIDST, "DOG", "PERRO"),
    ("dog", "perro", "es", START, "dog", "perro"),
    ("dog", "perro", "es", START, "Dog", "Perro"),
    ("dog", "perro", "es", MIDST, "dOG", "perro"),
    ("dog", "perro", "es", MIDST, "DoG", "Perro"),
    ("dog", "perro", "es", MIDST, "DOg", "Perro"),
    # one letter is never all-capitals
    ("a", "uno", "es", MIDST, "A", "Uno"),
    ("a", "uno", "es", MIDST, "a", "uno"),
    ("a1", "uno", "es", MIDST, "A1", "Uno"),
    ("a_b", "uno", "es", MIDST, "A_B", "UNO"),
    # possessives: the ending stays as it was spelled
    ("dog", "perro", "es", MIDST, "dog's", "perro's"),
    ("dog", "perro", "es", MIDST, "dog’s", "perro’s"),
    ("dog", "perro", "es", MIDST, "dogʼs", "perroʼs"),
    ("dog", "perro", "es", MIDST, "Dog’s", "Perro’s"),
    ("dog", "perro", "es", MIDST, "DOG'S", "PERRO'S"),
    ("dog", "perro", "es", MIDST, "DOG’s", "PERRO’s"),
    ("dog", "perro", "es", MIDST, "dog'S", "perro'S"),
    ("a", "uno", "es", MIDST, "A's", "Uno's"),
    ("a", "uno", "es", MIDST, "A'S", "Uno'S"),
    ("dog's", "del perro", "es", MIDST, "DOG’S", "DEL PERRO"),
    # I, and words that always have a capital
    ("I", "ich", "de", MIDST, "I", "ich"),
    ("I", "ich", "de", START, "I", "Ich"),
    ("I", "ich", "de", "", "I", "Ich"),
    ("I", "ich", "de", MIDST, "i", "ich"),
    ("I", "ich", "de", START, "i", "ich"),
    ("I'm", "ich bin", "de", MIDST, "I'm", "ich bin"),
    ("I'm", "ich bin", "de", START, "I’m", "Ich bin"),
    ("I'm", "ich bin", "de", MIDST, "I'M", "ICH BIN"),
    ("Monday", "lundi", "fr", MIDST, "Monday", "lundi"),
    ("Monday", "lundi", "fr", START, "Monday", "Lundi"),
    ("Monday", "lundi", "fr", "", "Monday", "Lundi"),
    ("Monday", "lundi", "fr", MIDST, "MONDAY", "LUNDI"),
    ("Monday", "lundi", "fr", MIDST, "monday", "lundi"),
    ("Monday", "lundi", "fr", MIDST, "Monday’s", "lundi’s"),
    ("Monday", "Montag", "de", MIDST, "Monday", "Montag"),
    # the target language's rules
    ("dog", "iyi", "tr", MIDST, "Dog", "İyi"),
    ("dog", "iyi", "tr", MIDST, "DOG", "İYİ"),
    ("dog", "iyi", "az", MIDST, "DOG", "İYİ"),
    ("dog", "ısı", "tr", MIDST, "DOG", "ISI"),
    ("dog", "iyi", "es", MIDST, "DOG", "IYI"),
    ("dog", "ısı", "es", MIDST, "Dog", "Isı"),
    ("dog", "ijs", "nl", MIDST, "Dog", "IJs"),
    ("dog", "ijs", "nl", MIDST, "DOG", "IJS"),
    ("dog", "ijs", "de", MIDST, "Dog", "Ijs"),
    ("dog", "wijs", "nl", MIDST, "Dog", "Wijs"),
    ("dog", "straße", "de", MIDST, "Dog", "Straße"),
    ("dog", "straße", "de", MIDST, "DOG", "STRASSE"),
    ("dog", "ßa", "de", MIDST, "Dog", "Ssa"),
    ("dog", "ﬁn", "fr", MIDST, "Dog", "Fin"),
    ("dog", "ﬁn", "fr", MIDST, "DOG", "FIN"),
    ("dog", "ǆep", "hr", MIDST, "Dog", "ǅep"),
    ("dog", "ǆep", "hr", MIDST, "DOG", "ǄEP"),
    ("dog", "σκύλος", "el", MIDST, "DOG", "ΣΚΎΛΟΣ"),
    ("dog", "ძაღლი", "ka", MIDST, "Dog", "ძაღლი"),  # Georgian has capitals, but no title case
    ("dog", "犬", "ja", MIDST, "DOG", "犬"),
    # what is no letter stays before the letter that gets the capital
    ("dog", "'n hond", "af", MIDST, "Dog", "'N hond"),
    ("dog", "-perro", "es", MIDST, "Dog", "-Perro"),
    ("dog", "42", "", MIDST, "DOG", "42"),
    ("dog", "a\u0301b", "es", MIDST, "Dog", "A\u0301b"),
    # the source's own script
    ("émile", "emil", "de", MIDST, "Émile", "Emil"),
    ("émile", "emil", "de", MIDST, "ÉMILE", "EMIL"),
    ("émile", "emil", "de", MIDST, "E\u0301mile", "Emil"),
    ("ǆep", "tasche", "de", MIDST, "ǅep", "Tasche"),
    ("ǆep", "tasche", "de", MIDST, "ǅEP", "TASCHE"),
    ("ǆep", "tasche", "de", MIDST, "ǄEP", "TASCHE"),
    ("ß", "eszett", "de", MIDST, "ẞ", "Eszett"),
    ("straße", "calle", "es", MIDST, "STRAẞE", "CALLE"),
    ("straße", "calle", "es", MIDST, "STRAßE", "Calle"),
    ("kelvin", "grado", "es", MIDST, "\u212aELVIN", "GRADO"),  # the Kelvin sign is a K
    ("犬", "perro", "es", MIDST, "犬", "perro"),
    ("犬a", "perro", "es", MIDST, "犬A", "perro"),
    ("犬ab", "perro", "es", MIDST, "犬AB", "PERRO"),
    ("a犬b", "perro", "es", MIDST, "A犬B", "PERRO"),
]


def _lexicon(source: str, translation: str) -> list[Headword]:
    one = headword(source, translation)
    if source != "émile":
        return [one]
    return [Headword(("émile", "e\u0301mile"), "émile", (translation,), (1.0,))]


@pytest.mark.parametrize(("form", "translation", "language", "before", "source", "written"), CASES)
def test_case_follows_the_source(
    form: str, translation: str, language: str, before: str, source: str, written: str
) -> None:
    new = swapped_text(f"{before}{source} y", _lexicon(form, translation), languages=language)
    assert new == f"{before}{written} y"
