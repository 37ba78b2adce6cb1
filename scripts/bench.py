"""`make bench`: how fast, beside what. Speeds are of shard bytes, decompressed, one process.

    make bench CORPUS=shards/ LEXICON=en-de

All contenders are measured in turn, round after round, in one run, and the best round of each
counts: on a shared machine only the ratios mean anything. Contenders:

- the kernel, on blocks that a reader has prepared (text found, keys hashed), with all rules, and
  without any (names swapped, nothing protected), with each kind of rules alone, and with neither
  rules nor phrases;
- `re.sub` with a callback and a dict, on decoded text: the same words, the same case rules, the
  same meaning of the ratio (so `--of words` has to count first), Python's own random numbers;
- a `split(" ")` loop with a dict, which knows no punctuation, no case, and loses other whitespace;
- the whole of `link substitute`, zst to zst, beside a copy through the same reader and writer;
- the whole of `link stats` on the same shard, its figures included.
"""

import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import click

from link.block import Block
from link.kernel.substitute import substitute
from link.lexicon import Lexicon, Lexicons
from link.policy import KEEP, OF, OF_ELIGIBLE, OF_WORDS, PROTECT, SWAP, Policy
from link.run.shard import Task, in_this_process, process_shard
from link.run.stats import StatsSpec, figures, plan_stats, take_stats
from link.shards.batch import Batch
from link.shards.codecs import ZST, Tally, compressor, decompressing
from link.shards.fields import Fields
from link.shards.find import find_shards
from link.shards.jsonl import JsonLines, pieces

RATIOS = (0.05, 0.3, 1.0)
DEMO = Path(__file__).parent / "demo" / "corpus"
BASELINE_BYTES = 6_000_000  # Python loops are slow: they get this much of the corpus
MEGABYTE = 1e6

WORD = re.compile(r"[^\W\d_](?:\w|(?<=[^\W\d_])['’ʼ](?=[^\W\d_]))*")

Rows = dict[str, float]  # contender -> MB/s


@click.command()
@click.option("--corpus", default=str(DEMO), show_default=True, help="Shards: file, folder, glob.")
@click.option("--lexicon", "name", default="en-de", show_default=True)
@click.option("--megabytes", default=50, show_default=True, help="Corpus size to bring it to.")
@click.option("--rounds", default=3, show_default=True)
def main(corpus: str, name: str, megabytes: int, rounds: int) -> None:
    """Print MB/s and ratios of the kernel and its alternatives, measured in one run."""
    lines = read_lines(corpus, int(megabytes * MEGABYTE))
    lexicon = Lexicon.load(name)
    lexicon.compiled  # noqa: B018  # compiled once, outside the measurements
    with tempfile.TemporaryDirectory() as folder:
        shard = write_shard(lines, Path(folder))
        blocks = [batch.blocks[0] for batch in batches(shard)]
        texts = [text for block in blocks for text in decoded(block)]
        size = sum(len(block.data) for block in blocks)
        print(f"{size / MEGABYTE:.1f} MB, {len(texts):,} documents, lexicon {lexicon.name}\n")
        few, share = some(texts, size)
        contenders: dict[str, tuple[Callable[[], object], float]] = {}
        table = {word: translations[0].text for word, translations in lexicon.entries.items()}
        words = replace(lexicon, entries={w: t for w, t in lexicon.entries.items() if w.isalpha()})
        words.compiled  # noqa: B018
        for of in OF:
            for rules, (own, names, protect) in rules_of(lexicon, words).items():
                policy = Policy(ratio=0.3, of=of, names=names, protect=protect)
                contenders[f"{rules} {of}"] = (
                    lambda own=own, policy=policy: [
                        substitute(b.texts, b.keys, own.compiled, policy) for b in blocks
                    ],
                    size,
                )
            for ratio in RATIOS:
                policy = Policy(ratio=ratio, of=of, names=SWAP, protect=())
                contenders[f"kernel {of} {ratio}"] = (
                    lambda policy=policy: [
                        substitute(b.texts, b.keys, words.compiled, policy) for b in blocks
                    ],
                    size,
                )
                contenders[f"re.sub {of} {ratio}"] = (
                    lambda of=of, ratio=ratio: [by_re_sub(t, table, ratio, of) for t in few],
                    size * share,
                )
        for ratio in RATIOS:
            contenders[f"split {ratio}"] = (
                lambda ratio=ratio: [by_split(t, table, ratio) for t in few],
                size * share,
            )
        out = Path(folder) / "out.jsonl.zst"
        task = Task(str(shard), out.name, out, ZST, ZST, None, Fields())
        for of in OF:
            contenders[f"command {of} 0.3"] = (
                lambda of=of: whole_command(task, lexicon, Policy(ratio=0.3, of=of)),
                size,
            )
            contenders[f"stats {of} 0.3"] = (
                lambda of=of: stats(shard, lexicon, Policy(ratio=0.3, of=of)),
                size,
            )
        contenders["copy"] = (lambda: copy(shard, out), size)
        rows = measure(contenders, rounds)
        show(rows)
        show_rules(rows, list(rules_of(lexicon, words)))


Rules = dict[str, tuple[Lexicon, str, tuple[str, ...]]]


def rules_of(lexicon: Lexicon, words: Lexicon) -> Rules:
    """The kinds of rules, each as a lexicon (with phrases or without) and fields of a policy."""
    return {
        "no rules": (lexicon, SWAP, ()),
        "names": (lexicon, KEEP, ()),
        "protected spans": (lexicon, SWAP, PROTECT),
        "all rules": (lexicon, KEEP, PROTECT),
        "nor phrases": (words, SWAP, ()),
    }


def whole_command(task: Task, lexicon: Lexicon, policy: Policy) -> None:
    process_shard(task, in_this_process(lexicon.compiled, policy), policy)


def stats(shard: Path, lexicon: Lexicon, policy: Policy) -> None:
    spec = StatsSpec(inputs=[str(shard)], lexicons=Lexicons.of([lexicon]), policy=policy)
    planned = plan_stats(spec)
    figures(spec, planned, take_stats(spec, planned, lambda _: None))


# --- the corpus ---


def read_lines(corpus: str, wanted: int) -> list[bytes]:
    lines: list[bytes] = []
    for shard in find_shards([corpus]).shards:
        for batch in batches(Path(shard.path), shard.codec):
            lines += [line for line in bytes(batch.blocks[0].data).split(b"\n") if line]
    size = sum(map(len, lines))
    lines = (lines * (wanted // size + 1))[: max(len(lines) * wanted // size, 1)]
    random.Random(0).shuffle(lines)
    return lines


def write_shard(lines: list[bytes], folder: Path) -> Path:
    shard = folder / "corpus.jsonl.zst"
    compression = compressor(ZST)
    assert compression
    shard.write_bytes(compression.compress(b"\n".join(lines) + b"\n") + compression.flush())
    return shard


def batches(shard: Path, codec: str = ZST) -> Iterator[Batch]:
    with shard.open("rb") as file, decompressing(Tally(file), codec, str(shard)) as stream:
        finder = JsonLines(Fields())
        for piece in pieces(stream):
            assert isinstance(piece.content, bytes)
            yield finder.find(piece.content, piece.first)


def decoded(block: Block) -> list[str]:
    return [str(text, "utf-8", "surrogatepass") for text in block.texts]


def some(texts: list[str], size: float) -> tuple[list[str], float]:
    """The first texts that make up BASELINE_BYTES, and their share of all."""
    total = sum(map(len, texts))
    taken, so_far = [], 0
    for text in texts:
        if so_far * size / total >= BASELINE_BYTES:
            break
        taken.append(text)
        so_far += len(text)
    return taken, so_far / total


# --- the alternatives ---


def by_re_sub(text: str, table: dict[str, str], ratio: float, of: str) -> str:
    draw = random.Random(len(text)).random
    share = ratio
    if of == OF_WORDS:
        words = WORD.findall(text)
        eligible = sum(word.lower() in table for word in words)
        share = min(1.0, ratio * len(words) / max(eligible, 1))

    def swap(match: re.Match[str]) -> str:
        word = match[0]
        translation = table.get(word.lower())
        if translation is None or draw() >= share:
            return word
        if word.islower():
            return translation
        if len(word) > 1 and word.isupper():
            return translation.upper()
        return translation[0].upper() + translation[1:]

    return WORD.sub(swap, text)


def by_split(text: str, table: dict[str, str], ratio: float) -> str:
    draw = random.Random(len(text)).random
    words = text.split(" ")
    for index, word in enumerate(words):
        if draw() < ratio and word in table:
            words[index] = table[word]
    return " ".join(words)


def copy(shard: Path, out: Path) -> None:
    compression = compressor(ZST)
    assert compression
    with out.open("wb") as file:
        sink = Tally(file)
        for batch in batches(shard):
            sink.write(compression.compress(batch.blocks[0].data))
        sink.write(compression.flush())


# --- measuring ---


def measure(contenders: dict[str, tuple[Callable[[], object], float]], rounds: int) -> Rows:
    best: Rows = dict.fromkeys(contenders, 0.0)
    for _ in range(rounds):
        for name, (run, size) in contenders.items():
            begin = time.perf_counter()
            run()
            seconds = time.perf_counter() - begin
            best[name] = max(best[name], size / MEGABYTE / seconds)
    return best


def show(rows: Rows) -> None:
    print("The kernel without rules, as its alternatives have none:")
    print(f"{'ratio':>24}" + "".join(f"{ratio:>16}" for ratio in RATIOS))
    for of in OF:
        line(f"kernel, of {of}", [f"{rows[f'kernel {of} {r}']:.1f} MB/s" for r in RATIOS])
        line(f"re.sub, of {of}", [f"{rows[f're.sub {of} {r}']:.1f} MB/s" for r in RATIOS])
    line("split, of eligible", [f"{rows[f'split {r}']:.1f} MB/s" for r in RATIOS])
    print()
    for of, other in ((OF_WORDS, OF_WORDS), (OF_WORDS, OF_ELIGIBLE), (OF_ELIGIBLE, OF_ELIGIBLE)):
        ratios = [rows[f"kernel {of} {r}"] / rows[f"re.sub {other} {r}"] for r in RATIOS]
        note = "" if of == other else " (which need not count)"
        line(f"{of} / re.sub {other}", [f"{ratio:.1f}x" for ratio in ratios], note)
    for of in OF:
        ratios = [rows[f"kernel {of} {r}"] / rows[f"split {r}"] for r in RATIOS]
        line(f"{of} / split", [f"{ratio:.1f}x" for ratio in ratios])
    print()
    for of in OF:
        speed = rows[f"command {of} 0.3"]
        print(
            f"link substitute, of {of}, 0.3, zst to zst: {speed:.1f} MB/s, "
            f"{speed / rows['copy']:.2f} of a copy ({rows['copy']:.1f} MB/s)"
        )
        own = rows[f"stats {of} 0.3"]
        print(f"link stats, of {of}, 0.3: {own:.1f} MB/s, {own / speed:.2f} of link substitute")


def show_rules(rows: Rows, kinds: list[str]) -> None:
    """What the rules cost: the kernel's speed, as a share of that with the same lexicon and no
    rules.
    """
    print(f"\n{'ratio 0.3':>24}" + "".join(f"{kind:>18}" for kind in kinds))
    for of in OF:
        bare = rows[f"{kinds[0]} {of}"]
        cells = [rows[f"{kind} {of}"] for kind in kinds]
        shown = [f"{cell:.1f} MB/s {cell / bare:.2f}" for cell in cells]
        print(f"{f'kernel, of {of}':>24}" + "".join(f"{cell:>18}" for cell in shown))


def line(label: str, cells: list[str], note: str = "") -> None:
    print(f"{label:>24}" + "".join(f"{cell:>16}" for cell in cells) + note)


if __name__ == "__main__":
    main()
