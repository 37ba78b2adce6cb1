"""Counts: what was read, found and done. Those of two shards add up to those of both."""

from dataclasses import asdict, dataclass, fields

import numpy as np

from link.kernel.substitute import Counts
from link.policy import OF_WORDS, Policy


@dataclass(slots=True)
class Totals:
    """Sums over shards. `bytes_in`, `bytes_out` are decompressed.

    `words`: of all documents; `words_touched`: of the touched ones. `covered`, `eligible`: over the
    words that were looked up: all of the touched documents, or with `of="eligible"` the drawn ones.
    `documents_capped`: touched documents that have too few eligible words for the ratio;
    `words_short` of `as_dict`: how many swaps are missing there.
    """

    records_read: int = 0
    records_written: int = 0
    records_quarantined: int = 0
    records_skipped: int = 0
    documents: int = 0
    documents_touched: int = 0
    documents_capped: int = 0
    words: int = 0
    words_touched: int = 0
    words_short_millionths: int = 0
    covered: int = 0
    eligible: int = 0
    swapped: int = 0
    bytes_in: int = 0
    bytes_out: int = 0

    def add_documents(self, counts: Counts, policy: Policy) -> None:
        """Add what the kernel did to the documents of a block."""
        touched = counts.touched
        self.documents += len(touched)
        self.documents_touched += int(touched.sum())
        self.words += int(counts.words.sum())
        self.words_touched += int(counts.words[touched].sum())
        self.covered += int(counts.covered.sum())
        self.eligible += int(counts.eligible.sum())
        self.swapped += int(counts.swapped.sum())
        if policy.of == OF_WORDS:
            short = (policy.ratio * counts.words - counts.eligible)[touched]
            self.documents_capped += int((short > 0).sum())
            # Whole numbers, so that the sum does not depend on its order.
            self.words_short_millionths += int(np.rint(short[short > 0] * 1e6).sum())

    def add(self, other: "Totals") -> None:
        """Add another's sums."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

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

    def as_dict(self, policy: Policy) -> dict[str, int | None]:
        """The totals under their published names; what is only estimated is named so."""
        result: dict[str, int | None] = asdict(self)
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
        return result
