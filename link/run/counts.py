"""Counts: what was read, found and done. Those of two shards add up to those of both."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Annotated, Any

import msgspec
import numpy as np

from link.kernel.swaps import Counts
from link.language.rules import LOST_TO
from link.policy import MIX_DOCUMENT, OF_WORDS, Policy

Count = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
"""What a file that tells of one may say."""


@dataclass(slots=True)
class Totals:
    """Sums over shards. `bytes_in`, `bytes_out` are decompressed.

    `words`: of all documents; `words_touched`: of the touched ones. `covered`, `eligible`: over the
    words that were looked up: all of the touched documents, or with `of="eligible"` the drawn ones.
    `documents_capped`: touched documents that have too few eligible words for the ratio;
    `words_short` of `as_dict`: how many swaps are missing there. `lost`: covered words that are not
    eligible, by the rule that takes them away; counted as `covered` is. `swapped_by_language`, and
    `documents_by_language` where a document takes one. `annotated`: swapped words that stay, their
    translation behind them.
    """

    records_read: Count = 0
    records_written: Count = 0
    records_quarantined: Count = 0
    records_skipped: Count = 0
    documents: Count = 0
    documents_touched: Count = 0
    documents_capped: Count = 0
    words: Count = 0
    words_touched: Count = 0
    words_short_millionths: Count = 0
    covered: Count = 0
    eligible: Count = 0
    swapped: Count = 0
    bytes_in: Count = 0
    bytes_out: Count = 0
    annotated: Count = 0
    lost: dict[str, Count] = field(default_factory=dict)
    swapped_by_language: dict[str, Count] = field(default_factory=dict)
    documents_by_language: dict[str, Count] = field(default_factory=dict)

    def add_documents(self, counts: Counts, policy: Policy, languages: Sequence[str]) -> None:
        """Add what the kernel did to the documents of a block."""
        touched = counts.touched
        self.documents += len(touched)
        self.documents_touched += int(touched.sum())
        self.words += int(counts.words.sum())
        self.words_touched += int(counts.words[touched].sum())
        self.covered += int(counts.covered.sum())
        self.eligible += int(counts.eligible.sum())
        self.swapped += int(counts.swapped.sum())
        self.annotated += int(counts.annotated[0])
        self.lost = _sum(self.lost, _named(LOST_TO, counts.lost))
        by_language = _named(languages, counts.swapped_by_language)
        self.swapped_by_language = _sum(self.swapped_by_language, by_language)
        if len(languages) > 1 and policy.mix == MIX_DOCUMENT:
            documents = _named(languages, counts.documents_by_language)
            self.documents_by_language = _sum(self.documents_by_language, documents)
        if policy.of == OF_WORDS:
            short = (policy.ratio * counts.words - counts.eligible)[touched]
            self.documents_capped += int((short > 0).sum())
            # Whole numbers, so that the sum does not depend on its order.
            self.words_short_millionths += int(np.rint(short[short > 0] * 1e6).sum())

    def add(self, other: "Totals") -> None:
        """Add another's sums."""
        for one in fields(self):
            own, others = getattr(self, one.name), getattr(other, one.name)
            is_many = isinstance(own, dict)
            setattr(self, one.name, _sum(own, others) if is_many else own + others)

    @property
    def conserved(self) -> bool:
        """Whether every record that was read is accounted for."""
        return self.records_read == (
            self.records_written + self.records_quarantined + self.records_skipped
        )

    @property
    def words_short(self) -> float:
        """How many swaps are missing in the capped documents."""
        return self.words_short_millionths / 1e6

    @property
    def ratio_achieved(self) -> float | None:
        """Swapped words by all words of the touched documents; None if there are none."""
        return self.swapped / self.words_touched if self.words_touched else None

    def as_dict(self, policy: Policy) -> dict[str, Any]:
        """The totals under their published names; what is only estimated is named so."""
        result: dict[str, Any] = asdict(self)
        del result["words_short_millionths"]
        result["words_short"] = round(self.words_short)
        if policy.of != OF_WORDS:
            for name in ("documents_capped", "words_short"):
                del result[name]
            for name in ("covered", "eligible"):
                drawn = result.pop(name)
                assert drawn is not None
                estimate = round(drawn / policy.ratio) if policy.ratio else None
                result[f"{name}_estimated"] = estimate
            lost = result.pop("lost")
            ratio = policy.ratio
            result["lost_estimated"] = {
                rule: round(count / ratio) if ratio else None for rule, count in lost.items()
            }
        return result


def _named(names: Sequence[str], counts: Any) -> dict[str, int]:
    return {name: int(count) for name, count in zip(names, counts.tolist(), strict=True) if count}


def _sum(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    """The sums of two accounts, in the order of names, so that it does not depend on theirs."""
    return dict(sorted((Counter(one) + Counter(other)).items()))
