"""What Hugging Face `datasets` needs to open an output folder, and a dataset card.

OUT/.huggingface.yaml   which files are data; hidden, so that tools that read whole folders
                        (Spark, Ray Data) pass over it
OUT/_link/README.md     the same, and in words what was done to the text: to be copied to the
                        top of the folder before it is uploaded
"""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

import yaml

from link.run.folder import RunFolder

DATASETS_FILE = ".huggingface.yaml"
CARD = "README.md"


def write_card(folder: RunFolder, manifest: dict[str, Any], names: Iterable[str]) -> None:
    """Write both, from the manifest of a run and the names of its shards; raises `OSError`."""
    about = {"configs": [{"config_name": "default", "data_files": patterns(names)}]}
    folder.files.publish(folder.output / DATASETS_FILE, _yaml(about).encode())
    folder.files.publish(folder.path / CARD, card(manifest, about).encode())


def patterns(names: Iterable[str]) -> list[str]:
    """Globs that match the shards of a folder and nothing in `_link/`.

    >>> patterns(["a.jsonl.zst", "b.jsonl.zst", "sub/part.1.parquet", "sub/in/c.parquet"])
    ['*.jsonl.zst', 'sub/**/*.parquet']
    """
    found = set()
    for name in names:
        path = PurePosixPath(name)
        last = 2 if path.suffix in (".gz", ".zst") else 1
        top = [_literal(part) for part in path.parts[:-1][:1]]
        found.add("/".join([*top, *(["**"] if top else []), "*" + "".join(path.suffixes[-last:])]))
    return sorted(found)


def card(manifest: dict[str, Any], about: dict[str, Any]) -> str:
    """The card: what the front matter says to tools, and then to people."""
    totals, policy = manifest["totals"], manifest["policy"]
    words = totals["words_touched"]
    share = f" ({totals['swapped'] / words:.1%} of their words)" if words else ""
    lexicons = manifest["lexicons"]
    languages = [one["language"] for one in lexicons if one["language"]]
    tags = {
        "language": ["en", *dict.fromkeys(languages)],
        "tags": ["code-switching", "link-corpus"],
    }
    return "\n".join(
        [
            f"---\n{_yaml({**tags, **about})}---\n",
            "# English text with words swapped for their translations\n",
            f"Made by link-corpus {manifest['version']} (kernel {manifest['kernel_version']}), the "
            "data side of LINK (arXiv 2605.23885). The text's own licence stays what it was.\n",
            "| lexicon | language | headwords | licence | SHA-256 |",
            "|---|---|---|---|---|",
            *(
                f"| {_cell(one['name'])} | {_cell(one['language'])} | {one['headwords']:,} | "
                f"{_cell(one['licence'])} | {one['sha256']} |"
                for one in lexicons
            ),
            "\n| policy | |",
            "|---|---|",
            f"| seed | {manifest['seed']} |",
            *(f"| {name} | {_cell(value)} |" for name, value in policy.items()),
            "\n| counts | |",
            "|---|---|",
            f"| shards | {totals['shards']:,} |",
            f"| records | {totals['records_written']:,} |",
            f"| documents | {totals['documents']:,}, {totals['documents_touched']:,} touched |",
            f"| words | {totals['words']:,}, {words:,} in touched documents |",
            f"| swapped | {totals['swapped']:,}{share} |",
            *(
                f"| swapped, {_cell(language)} | {count:,} |"
                for language, count in totals["swapped_by_language"].items()
            ),
            f"| bytes, decompressed | {totals['bytes_out']:,} |",
            "\n`_link/manifest.json` has all settings and totals.\n",
        ]
    )


def _yaml(value: dict[str, Any]) -> str:
    # In ASCII: names of files need not be UTF-8.
    return str(yaml.safe_dump(value, sort_keys=False))


def _literal(name: str) -> str:
    """A folder's name as a glob that matches it alone."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)


def _cell(value: Any) -> str:
    """A value in a cell of a table: lists by commas, nothing that ends the cell."""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return " ".join(text.replace("|", "\\|").split()) or "not stated"
