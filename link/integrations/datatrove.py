"""datatrove: a step of a pipeline."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from datatrove.data import Document, DocumentsPipeline
from datatrove.pipeline.base import PipelineStep

from link.substituter import Substituter


class LinkSubstituter(PipelineStep):  # type: ignore[misc]  # datatrove need not be installed
    """Swaps words of each document's text.

    `key_field`: what names a document instead of its text: `id`, or a field of its metadata (`a.b`
    for nested ones). `batch_size`: how many documents are held and worked on at once.
    """

    name = "🔗 LINK"
    type = "✂️ - FORMAT"

    def __init__(
        self, substituter: Substituter, key_field: str | None = None, batch_size: int = 1000
    ) -> None:
        super().__init__()
        self.substituter = substituter
        self.key_field = key_field
        self.batch_size = batch_size

    def run(
        self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1
    ) -> Iterator[Document]:
        """The documents in the order in which they came. Raises `TypeError` for a missing key."""
        documents = iter(data)
        while batch := list(islice(documents, self.batch_size)):
            with self.track_time(unit="batch"):
                keys = None if self.key_field is None else [self._key(each) for each in batch]
                texts = self.substituter.batch([each.text for each in batch], keys)
            for document, text in zip(batch, texts, strict=True):
                document.text = text
                self.stat_update("documents")
                self.update_doc_stats(document)
                yield document

    def _key(self, document: Document) -> Any:
        if self.key_field == "id":
            return document.id
        value = document.metadata
        for name in str(self.key_field).split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return value
