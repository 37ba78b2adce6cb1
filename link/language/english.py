"""Closed lists of English words that rules of the kernel name. All are folded."""

CONTRACTIONS_IN_S = tuple(
    f"{word}'s"
    for word in (
        "it he she that this there here what who where when why how let "
        "everything something anything nothing"
    ).split()
)
"""After these `'s` is "is", "has" or "us": they are looked up whole or not at all. After `one`,
`somebody` and the like it is as often a possessive, so those are not here."""

CONTRACTED_ENDINGS = ("s", "t", "d", "m", "ll", "re", "ve")
"""What stands behind the apostrophe of a contraction."""

FORMS_OF_DO = ("do", "does", "did")
"""Before `not` these say nothing of their own."""

SLASHED = tuple(
    "he she they him her them his hers their theirs it its we us our you your and or not".split()
)
"""A segment with two slashes and one of these between is no path (`his/her/their`)."""

ABBREVIATIONS = frozenset(
    """mr mrs ms dr prof st sr jr gen col capt lt sgt maj cmdr adm rev hon gov sen rep pres messrs
    mme mlle fr vs fig figs eq eqs vol vols pp ed eds cf al viz eg ie inc ltd corp bros dept univ mt
    ft ave blvd rd""".split()
)
"""The full stop behind these ends no sentence, since a name or number may follow."""

FUNCTION_WORDS = frozenset(
    """a an the and but or nor for so yet as at by from in into of off on onto out over per than to
    up upon via vs with without""".split()
)
"""These may be small in a heading of capitalised words."""


def is_never_name(form: str) -> bool:
    """Whether a word's capital says nothing because it always has one: `I` and its contractions."""
    return form.split("'")[0] == "i"


def is_lone_letter(form: str) -> bool:
    """Whether a form is a letter and no word (`b`, `x`); `a` and `I` are words."""
    return len(form) == 1 and form.isascii() and form not in "ai"
