"""Distances between languages over what is known of both.

Six groups of features, each with a distance from 0 to 1:

    syntax, phonology, inventory, script    share of the features known for both that differ
    family                                  1 - cosine of their lineages
    geography                               greatest difference of their distances to fixed points

What is known comes from URIEL+ (Khan et al., COLING 2025; `pip install 'link-corpus[languages]'`).
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from link.errors import UsageError
from link.lexicon.languages import known_tag, language_name, language_of

Floats = npt.NDArray[np.float32]

SYNTAX, PHONOLOGY, INVENTORY, SCRIPT = "syntax", "phonology", "inventory", "script"
FAMILY, GEOGRAPHY = "family", "geography"
DEFAULT_WEIGHTS = {
    SYNTAX: 1.0,
    PHONOLOGY: 0.5,
    INVENTORY: 0.5,
    SCRIPT: 1.0,
    FAMILY: 1.0,
    GEOGRAPHY: 0.5,
}
GROUPS = tuple(DEFAULT_WEIGHTS)
_OF_PREFIX = {"S": SYNTAX, "P": PHONOLOGY, "INV": INVENTORY, "SC": SCRIPT, "F": FAMILY}
LEAST_KNOWN = 3
"""Features that must be known for both languages; with fewer a group says nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What is known of languages.

    `rows`: ISO 639-3 code -> row. `groups`: float32, shape (languages, features of the group), NaN
    where nothing is known.
    """

    rows: Mapping[str, int]
    groups: Mapping[str, Floats]

    def known(self, row: int) -> int:
        """How many features of grammar, sounds and script are known."""
        own = (self.groups[group][row] for group in (SYNTAX, PHONOLOGY, INVENTORY, SCRIPT))
        return sum(int(np.isfinite(values).sum()) for values in own)


@dataclass(frozen=True, slots=True)
class Distance:
    """How far a language is from another.

    `by_group`: only groups of which enough is known of both. `total`: the weighted mean of all
    groups; one of which too little is known of both counts as the mean over all languages. NaN if
    nothing is known. `features`: of grammar, sounds and script, known for both; `missing`: the
    others.
    """

    code: str
    total: float
    by_group: Mapping[str, float]
    features: int
    missing: int

    @property
    def name(self) -> str:
        """The language's name in English."""
        return language_name(self.code)


@cache
def load_features() -> Features:
    """URIEL+'s features. Raises `UsageError` if it is not installed."""
    try:
        logging.disable(logging.INFO)  # it tells of every step
        from urielplus.urielplus import URIELPlus
    except ImportError:
        raise UsageError(
            "comparing languages needs a package: pip install 'link-corpus[languages]'"
        ) from None
    try:
        uriel = URIELPlus()
    finally:
        logging.disable(logging.NOTSET)
    tables = [
        (
            list(map(str, getattr(uriel, f"get_{kind}_languages_array")())),
            list(map(str, getattr(uriel, f"get_{kind}_features_array")())),
            getattr(uriel, f"get_{kind}_data_array")().max(axis=2).astype(np.float32),
        )
        for kind in ("typological", "script", "phylogeny", "geography")
    ]
    rows = {code: row for row, code in enumerate(tables[0][0])}
    groups: dict[str, Floats] = {}
    for codes, names, values in tables:
        order = np.array([codes.index(code) for code in rows])
        values = values[order]
        values[values < 0] = np.nan  # of no source
        of = np.array([_OF_PREFIX.get(name.split("_")[0], GEOGRAPHY) for name in names])
        groups |= {group: values[:, of == group] for group in GROUPS if (of == group).any()}
    return Features(rows, groups)


def row_of(code: str, features: Features) -> int:
    """The row of a language, by any of its codes. Raises `UsageError` where there is none.

    Of a language and its main member (`sw`: swa, swh) the one of which more is known.
    """
    from langcodes import Language
    from langcodes.data_dicts import NORMALIZED_MACROLANGUAGES

    tag = language_of(known_tag(code))
    if not tag:
        raise UsageError(f"{code!r} is not a language code; give one such as de, sw or mri")
    members = [one for one, macro in NORMALIZED_MACROLANGUAGES.items() if macro == tag]
    found = [
        features.rows[one]
        for one in (Language.get(tag).to_alpha3(), *members)
        if one in features.rows
    ]
    if not found:
        raise UsageError(f"URIEL+ has no data for {tag} ({language_name(tag)})")
    return max(found, key=features.known)


def group_distances(
    group: str, row: int, features: Features
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The distance of a language to each in one group of features, NaN where too little is known
    of both; and how many features are.
    """
    table = features.groups[group]
    own = table[row]
    if group == FAMILY:
        sizes = np.sqrt(table.sum(axis=1) * own.sum())
        shared = table @ own
        cosines = np.divide(
            shared, sizes, out=np.full(len(table), np.nan, np.float32), where=sizes > 0
        )
        return 1 - cosines, np.zeros(len(table), np.int64)
    differences = np.abs(table - own)
    both = np.isfinite(differences)
    known = both.sum(axis=1)
    if group == GEOGRAPHY:
        return differences.max(axis=1), np.zeros(len(table), np.int64)
    means = np.where(both, differences, 0).sum(axis=1) / np.maximum(known, 1)
    return np.where(known >= LEAST_KNOWN, means, np.nan).astype(np.float32), known


def distances(
    code: str, others: Sequence[str], weights: Mapping[str, float], features: Features
) -> list[Distance]:
    """How far a language is from others, in their order. `weights`: by group."""
    row = row_of(code, features)
    rows = [row_of(other, features) for other in others]
    found = {group: group_distances(group, row, features) for group in GROUPS}
    finite = {group: far[np.isfinite(far)] for group, (far, _) in found.items()}
    means = {group: float(far.mean()) for group, far in finite.items() if far.size}
    every = sum(features.groups[group].shape[1] for group in (SYNTAX, PHONOLOGY, INVENTORY, SCRIPT))
    result = []
    for other, at in zip(others, rows, strict=True):
        own = {group: float(far[at]) for group, (far, _) in found.items()}
        own = {group: far for group, far in own.items() if np.isfinite(far)}
        weight = sum(weights[group] for group in means)
        total = sum(weights[group] * own.get(group, mean) for group, mean in means.items())
        known = sum(int(count[at]) for _, count in found.values())
        mean = total / weight if weight and own else float("nan")
        result.append(Distance(language_of(known_tag(other)), mean, own, known, every - known))
    return result
