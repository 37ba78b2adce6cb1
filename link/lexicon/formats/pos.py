"""The parts of speech of the canonical file, and what other files call them."""

NAMES = {
    "noun": "noun n nn subst substantive n. common-noun nomen",
    "name": "name prop propn np proper proper-noun pn n.prop. place",
    "verb": "verb v vb v. vt vi v.t. v.i. vblex vbser vbhaver vbmod vbsep aux-verb phrasal-verb",
    "adj": "adj adjective a adj. a. s",
    "adv": "adv adverb r adv. preadv",
    "pron": "pron pronoun prn pron. rel",
    "prep": "prep preposition pr prep. postp post adp",
    "conj": "conj conjunction cnjcoo cnjsub cnjadv conj. cc",
    "det": "det determiner article art predet art. def ind",
    "num": "num number numeral num. cardinal ordinal",
    "intj": "intj interjection interj ij int interj. excl",
    "part": "part particle ptcl",
    "aux": "aux auxiliary vaux",
    "affix": "affix prefix suffix pref suf infix",
    "phrase": "phrase proverb idiom expr phr",
    "abbr": "abbr abbreviation acronym initialism contraction cont symbol",
}
_KNOWN = {alias: name for name, aliases in NAMES.items() for alias in aliases.split()}


def part_of_speech(text: str) -> str:
    """The canonical name of a part of speech; what is unknown stays as it is, in lower case.

    >>> part_of_speech("{N}"), part_of_speech("cnjsub"), part_of_speech("ideophone")
    ('noun', 'conj', 'ideophone')
    """
    name = text.strip(" {}[]()\t").lower().replace(" ", "-")
    return _KNOWN.get(name, name)


def is_part_of_speech(text: str) -> bool:
    """Whether a text is a known name of a part of speech.

    >>> is_part_of_speech("NOUN"), is_part_of_speech("Köter")
    (True, False)
    """
    return text.strip(" {}[]()\t").lower().replace(" ", "-") in _KNOWN
