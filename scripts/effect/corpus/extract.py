"""How the texts of this folder were taken from two Debian packages. `make effect` does not need it.

    apt-get download sword-text-web sword-text-sparv
    for package in *.deb; do dpkg -x $package unpacked; done
    python scripts/effect/corpus/extract.py unpacked scripts/effect/corpus

A SWORD module of type zText is three files a testament: blocks of compressed text (.bzz), where
each begins (.bzs: offset, length, full length), and where each verse lies in them (.bzv: block,
offset, length). Verses are OSIS (XML). A document is a chapter; a verse is a line of it.
"""

import json
import lzma
import re
import struct
import sys
import zlib
from pathlib import Path

MODULES = {"english": "engWEB2015eb", "spanish": "spaRV1909eb"}
NOT_TEXT = re.compile(r"<(note|title|reference|milestone|figure)\b[^>]*(?<!/)>.*?</\1>", re.DOTALL)
BOOK, CHAPTER = re.compile(r'osisID="(\w+)"[^>]*type="book"'), re.compile(r'<chapter[^>]*sID="')
# Spanish: only the New Testament. English: only the Old one, but for the pairs of verses.
KEEP = {"english": ("ot",), "spanish": ("nt",)}
PAIRS = 300  # verses of Acts, in both languages


def verses(folder: Path, testament: str) -> list[str]:
    """Each verse's OSIS, with entries for what stands before books and chapters."""
    blocks, texts = [], []
    compressed = (folder / f"{testament}.bzz").read_bytes()
    for offset, length, _ in struct.iter_unpack("<III", (folder / f"{testament}.bzs").read_bytes()):
        blocks.append(zlib.decompress(compressed[offset : offset + length]))
    for block, offset, length in struct.iter_unpack(
        "<IIH", (folder / f"{testament}.bzv").read_bytes()
    ):
        texts.append(blocks[block][offset : offset + length].decode() if length else "")
    return texts


def chapters(folder: Path, testament: str) -> list[dict[str, str]]:
    """Documents: book, id (book and chapter), text."""
    book, chapter, found = "", 0, []
    for osis in verses(folder, testament):
        if name := BOOK.search(osis):
            book, chapter = name[1], 0
        if CHAPTER.search(osis):
            chapter += 1
            found.append(({"id": f"{book}.{chapter}", "book": book}, []))
        # A footnote often stands where the space between two words should be.
        text = re.sub(r"<[^>]*>", "", NOT_TEXT.sub(" ", osis))
        text = re.sub(r"\s+([,.;:?!’”])", r"\1", " ".join(text.split()))
        if text and chapter:
            found[-1][1].append(text)
    return [{**document, "text": "\n".join(lines)} for document, lines in found]


def main(unpacked: Path, out: Path) -> None:
    modules = unpacked / "usr/share/sword/modules/texts/ztext"
    every = {
        language: {part: chapters(modules / name, part) for part in ("ot", "nt")}
        for language, name in MODULES.items()
    }
    for language, parts in KEEP.items():
        documents = [document for part in parts for document in every[language][part]]
        lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents)
        (out / f"{language}.jsonl.xz").write_bytes(lzma.compress(lines.encode(), preset=9))
        print(language, len(documents), "chapters,", len(lines), "characters")
    acts = ([d["text"].split("\n") for d in every[k]["nt"] if d["book"] == "Acts"] for k in MODULES)
    pairs = [
        f"{english}\t{spanish}\n"
        for left, right in zip(*acts, strict=True)
        if len(left) == len(right)
        for english, spanish in zip(left, right, strict=True)
    ][:PAIRS]
    (out / "pairs.tsv.xz").write_bytes(lzma.compress("".join(pairs).encode(), preset=9))
    print(len(pairs), "pairs of verses")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
