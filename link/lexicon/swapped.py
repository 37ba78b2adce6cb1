"""Columns that are swapped: translations that are English, headwords that are not."""

from collections.abc import Iterable
from operator import itemgetter

FEWEST_FOUND = 3
FEWEST_TIMES = 4  # as many common words among the translations as among the headwords

_COMMON = frozenset(
    """the that with this have from they would there their what about which when people your good
    could them other think after because these house water mother father child school friend night
    white black street thing world morning always never church knife bread river eye ear heart king
    queen horse bird fish milk green yellow summer spring earth brother sister daughter language
    through though without between before again against young small great right wrong light heavy
    quick laugh bring know write speak watch sleep teach buy sell eat drink walk year week month
    today tomorrow yesterday tree leaf flower book money paper window door table chair dog cat bear
    woman cold hot city town village country government war peace death life love truth""".split()
)
"""Frequent English words that other languages rarely spell so. `war` is German, but alone."""

_SPELLED = {f"{before}{word}": word for word in _COMMON for before in ("", "to ", "a ", "the ")}


def swapped(pairs: Iterable[tuple[str, str]], is_reversed: bool = False) -> str:
    """Why source and target seem swapped, in words; "" if they do not. `is_reversed`: they were
    swapped because the user said so.

    >>> swapped([("Hund", "dog"), ("Haus", "the house"), ("Wasser", "water")])[:45]
    'source and target seem swapped: 3 of the tran'
    >>> swapped([("dog", "Hund"), ("house", "Haus"), ("water", "Wasser")])
    ''
    """
    different = [pair for pair in pairs if pair[0] != pair[1]]
    sources, targets = (_common_in(map(itemgetter(place), different)) for place in (0, 1))
    if len(targets) < FEWEST_FOUND or len(targets) < FEWEST_TIMES * len(sources):
        return ""
    shown = ", ".join(sorted(targets)[:3])
    return (
        f"source and target seem swapped: {len(targets)} of the translations are common English "
        f"words ({shown}), and {len(sources)} of the headwords; read it "
        f"{'without' if is_reversed else 'with'} --reverse"
    )


def _common_in(texts: Iterable[str]) -> set[str]:
    return {_SPELLED[text] for text in _SPELLED.keys() & map(str.lower, texts)}
