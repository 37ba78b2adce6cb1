"""`make demo`: substitute the shipped demo corpus, and show what came of it.

Runs the `link` command as a user would, then prints a few sentences before and after.
"""

import gzip
import json
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
OUT = Path("demo-output")
LANGUAGES = ("es", "id", "sw", "tr", "ru", "ar", "hi")
SHOWN = {"001": 2, "003": 2, "014": 1, "020": 2, "016": 2}  # id -> paragraphs


def main() -> None:
    if OUT.exists():
        shutil.rmtree(OUT)
    arguments = ["substitute", str(CORPUS), "-o", str(OUT), "-l", "en-de", "--ratio", "0.3"]
    print(f"$ link {' '.join(arguments)}", flush=True)
    subprocess.run([sys.executable, "-m", "link", *arguments], check=True)
    before, after = texts(CORPUS / "prose.jsonl"), texts(OUT / "prose.jsonl")
    for key, paragraphs in SHOWN.items():
        for old, new in list(zip(before[key].split("\n"), after[key].split("\n"), strict=True))[
            :paragraphs
        ]:
            if old.strip():
                show("before", old)
                show("after", new)
                print()
    escaped = texts(OUT / "escaped.jsonl.gz")
    same = [key for key in escaped if key in after]
    assert all(escaped[key] == after[key] for key in same), "same text, same swaps"
    print(f"{len(same)} documents stand in two shards, spelled differently; same text, same swaps.")
    show_languages(before["001"].split("\n")[0])
    print(f"The shards are in {OUT}/, the account of the run in {OUT}/_link/manifest.json.")


def show_languages(sentence: str) -> None:
    """The same text, from standard input to standard output, in the other shipped languages."""
    print("\nThe other lexicons that come with LINK:\n")
    record = json.dumps({"text": sentence}).encode()
    for language in LANGUAGES:
        arguments = ["substitute", "-", "-o", "-", "-l", f"en-{language}", "-q"]
        done = subprocess.run(
            [sys.executable, "-m", "link", *arguments],
            input=record,
            stdout=subprocess.PIPE,
            check=True,
        )
        show(f"en-{language}", json.loads(done.stdout)["text"])
    print()


def texts(path: Path) -> dict[str, str]:
    """Document id -> text."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        records = map(json.loads, file)
        return {record["id"]: record["text"] for record in records}


def show(label: str, text: str) -> None:
    print(textwrap.fill(text, 96, initial_indent=f"{label:>8}  ", subsequent_indent=" " * 10))


if __name__ == "__main__":
    main()
