"""`make bench`: how fast, beside what.

    make bench CORPUS=shards/ LEXICON=en-de BESIDE=../another-checkout

The contenders of a table are measured in turn, round after round, in one run, and the best round of
each counts. On a shared machine only the ratios mean anything; that is why they come first. The
lexicon is taken without inflected forms, so that all contenders look for the same words.

kernel    the kernel alone, by kinds of rules and of text; reader, kernel and splice together
beside    the kernel beside `re.sub`, an Aho-Corasick automaton, a tokenizer; `--beside` a checkout
command   `link substitute`, zst to zst, and `link stats` beside copies; two processes beside one
repeated  texts of one short string, repeated: what a byte of them costs, beside one of prose
memory    peak memory of `link substitute`

`bench_command.py` has the parts about whole commands, `bench_texts.py` makes the texts,
`bench_rivals.py` holds what LINK is measured beside, `bench_kernel.py` runs another checkout's
kernel, `bench_tools.py` measures and prints.
"""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import click
from bench_command import command_part, memory_part
from bench_kernel import asking
from bench_rivals import (
    VOCABULARY,
    automaton,
    by_re_sub,
    by_re_sub_coded,
    tokenizer,
)
from bench_texts import (
    CURLY,
    CYRILLIC,
    ENGLISH,
    blocks_of,
    decoded,
    each_block,
    first_of,
    in_letters_of,
    json_line,
    only_words,
    read_lines,
    spellings,
    text_bytes,
)
from bench_tools import (
    MB,
    RATIO,
    ROOT,
    Bench,
    Contenders,
    environment,
    for_each,
    measure,
    table,
    write_lexicon,
)

from link.block import Block
from link.kernel.compiled import CompiledLexicon
from link.kernel.substitute import substitute
from link.lexicon import Lexicon
from link.policy import KEEP, OF, OF_WORDS, PROTECT, SWAP, Policy
from link.splice import splice

DEMO = Path(__file__).parent / "demo" / "corpus"
RATIOS = (0.05, RATIO, 1.0)
HOW_TO_GET = "is not installed: pip install --editable '.[bench]'"

REPEATED = (
    *("a", "a ", "a.", "A.", "A ", "A. A ", "a, ", "a-", "a'", "a’", "’", "“a” ", "é", "犬", "😀"),
    *("\n", "a\n", "  a\n", "\t", "_", "a_", "_a_ ", "a=", "(a", "  a(", "[a](", "{{a}}", "%(a)s"),
    *("`", "`a`", "```\n", "```a\n", "$", "$a$ ", "\\a{", "\\", "<", "<a>", "<!--", "&a;", "a@b."),
    *("a/b ", "/a", "a.b", "#a ", "@a ", "http://", "don't ", "dog's ", "in spite", "<|a|>", "{a}"),
)


@click.command()
@click.option("--corpus", default=str(DEMO), help="JSON Lines: file or folder.")
@click.option("--lexicon", "name", default="en-de", show_default=True)
@click.option("--part", default="kernel,beside,command,repeated,memory", show_default=True)
@click.option("--megabytes", default=8.0, show_default=True, help="Corpus size to bring it to.")
@click.option(
    "--slow-megabytes", default=2.0, show_default=True, help="Of it, for slow contenders."
)
@click.option("--repeated-megabytes", default=0.5, show_default=True, help="Of each repeated text.")
@click.option("--long-megabytes", default=100.0, show_default=True, help="Of the longest document.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--beside", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(
    corpus: str,
    name: str,
    part: str,
    megabytes: float,
    slow_megabytes: float,
    repeated_megabytes: float,
    long_megabytes: float,
    rounds: int,
    beside: Path | None,
) -> None:
    """Print ratios of speeds, measured in one run."""
    unknown = set(part.split(",")) - set(PARTS)
    if unknown:
        raise click.BadParameter(f"{', '.join(sorted(unknown))}; known are {', '.join(PARTS)}")
    lines = read_lines(corpus, int(megabytes * MB))
    lexicon = Lexicon.load(name, inflect=False)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(
            lines,
            [document for block in blocks_of(b"".join(lines)) for document in decoded(block)],
            lexicon,
            Path(folder),
            rounds,
            *(int(size * MB) for size in (slow_megabytes, repeated_megabytes, long_megabytes)),
            beside,
        )
        size = sum(map(len, lines)) / MB
        print(
            f"{size:.2f} MB, {len(bench.documents):,} documents, lexicon {lexicon.name} of "
            f"{len(lexicon.entries):,} headwords; ratio {RATIO} where no other is named; best of "
            f"{rounds} rounds.\nMB/s mean nothing by themselves on a shared machine; ratios do."
        )
        for each in part.split(","):
            PARTS[each](bench)


# --- the kernel ---


def kernel_part(bench: Bench) -> None:
    words = only_words(bench.lexicon)
    kinds = {
        "all rules": (bench.lexicon, KEEP, PROTECT),
        "names only": (bench.lexicon, KEEP, ()),
        "spans only": (bench.lexicon, SWAP, PROTECT),
        "no rules": (bench.lexicon, SWAP, ()),
        "nor phrases": (words, SWAP, ()),
    }
    contenders: Contenders = {}
    covered = {}
    shards = spellings(bench.documents)
    for text in (ENGLISH, CURLY, CYRILLIC):
        blocks = blocks_of(shards[text])
        for kind, (lexicon, names, protect) in kinds.items():
            compiled = in_letters_of(text, lexicon).compiled
            for of in OF:
                policy = Policy(ratio=RATIO, of=of, names=names, protect=protect)
                run = partial(swap_all, blocks, compiled, policy)
                contenders[text, of, kind] = run, text_bytes(blocks)
        compiled = in_letters_of(text, bench.lexicon).compiled
        counts = [substitute(b.texts, b.keys, compiled, Policy(ratio=1)).counts for b in blocks]
        covered[text] = sum(c.covered.sum() for c in counts) / sum(c.words.sum() for c in counts)
    speeds = measure(contenders, bench.rounds)
    rows = [(text, of) for text in covered for of in OF]
    for title, compared in {
        "kernel, beside no rules": lambda text, of, kind: (text, of, "no rules"),
        "kernel, beside English": lambda text, of, kind: (ENGLISH, of, kind),
    }.items():
        table(
            [title, *kinds],
            [
                [f"{t}, of {of}", *(speeds[t, of, k] / speeds[compared(t, of, k)] for k in kinds)]
                for t, of in rows
            ],
        )
    table(
        ["kernel, MB/s of text", *kinds, "words covered"],
        [[f"{t}, of {of}", *(speeds[t, of, k] for k in kinds), covered[t]] for t, of in rows],
    )
    reader_table(bench, shards)


def reader_table(bench: Bench, shards: dict[str, bytes]) -> None:
    """The whole way of text in a shard: its escapes are read, and written around swaps."""
    contenders: Contenders = {}
    for text, data in shards.items():
        compiled = in_letters_of(text, bench.lexicon).compiled
        size = text_bytes(blocks_of(data))
        contenders[text, "reader"] = partial(blocks_of, data), size
        contenders[text, "all"] = (
            partial(read_and_splice, data, compiled, Policy(ratio=RATIO)),
            size,
        )
    speeds = measure(contenders, bench.rounds)
    a_byte = {
        text: speeds[text, "all"] * len(data) / contenders[text, "all"][1]
        for text, data in shards.items()
    }
    table(
        [
            *("reader + kernel + splice", "beside English", "a byte of shard", "beside Cyrillic"),
            *("MB/s of text", "reader alone, MB/s"),
        ],
        [
            [
                *(text, speeds[text, "all"] / speeds[ENGLISH, "all"]),
                *(a_byte[text] / a_byte[ENGLISH], speeds[text, "all"] / speeds[CYRILLIC, "all"]),
                *(speeds[text, "all"], speeds[text, "reader"]),
            ]
            for text in shards
        ],
    )


def swap_all(blocks: list[Block], compiled: CompiledLexicon, policy: Policy) -> None:
    for block in blocks:
        substitute(block.texts, block.keys, compiled, policy)


def read_and_splice(data: bytes, compiled: CompiledLexicon, policy: Policy) -> None:
    for block in each_block(data):
        done = substitute(block.texts, block.keys, compiled, policy)
        splice(block, done.swaps, compiled, policy)


# --- beside others ---


def beside_part(bench: Bench) -> None:
    documents = first_of(bench.documents, bench.slow_bytes)
    blocks = blocks_of(spellings(documents)[ENGLISH])
    texts = [bytes(text) for block in blocks for text in block.texts]
    size = text_bytes(blocks)
    words = only_words(bench.lexicon)
    dictionary = {word: found[0].text for word, found in bench.lexicon.entries.items()}
    contenders: Contenders = {}
    for of in OF:
        for ratio in RATIOS:
            policy = Policy(ratio=ratio, of=of, names=SWAP, protect=())
            run = partial(swap_all, blocks, words.compiled, policy)
            contenders["kernel", of, ratio] = run, size
            by = partial(by_re_sub, dictionary, ratio, of)
            contenders["re.sub", of, ratio] = partial(for_each, by, documents), size
            coded = partial(by_re_sub_coded, by)
            contenders["coded", of, ratio] = partial(for_each, coded, texts), size
    others = {
        "Aho-Corasick, its matches": automaton(words, whole=False),
        "Aho-Corasick, whole words": automaton(words, whole=True),
        f"tokenizers, BPE of {VOCABULARY:,}": tokenizer(documents),
    }
    for name, find in others.items():
        if find is not None:
            contenders[name] = partial(for_each, find, documents), size
    run = partial(swap_all, blocks, bench.lexicon.compiled, Policy(ratio=RATIO))
    contenders["all rules"] = run, size
    speeds = measure(contenders, bench.rounds)

    table(
        ["times re.sub; single words, no rules", *(f"ratio {ratio}" for ratio in RATIOS)],
        [
            [
                f"of {of} / re.sub of {other}{note}",
                *(speeds["kernel", of, ratio] / speeds[name, other, ratio] for ratio in RATIOS),
            ]
            for name, note in (("re.sub", ""), ("coded", ", UTF-8 to UTF-8"))
            for of, other in product(OF, OF)
        ]
        + [
            [f"{name}, of {of}, MB/s", *(speeds[name, of, ratio] for ratio in RATIOS)]
            for name in ("kernel", "re.sub")
            for of in OF
        ],
    )
    bare, full = speeds["kernel", OF_WORDS, RATIO], speeds["all rules"]
    table(
        ["kernel, of words, beside", "no rules / it", "all rules / it", "MB/s of it"],
        [[n, bare / speeds[n], full / speeds[n], speeds[n]] for n in others if others[n]],
    )
    for name in (name for name, find in others.items() if find is None):
        print(f"{name}: {HOW_TO_GET}")
    if bench.beside:
        checkouts_table(bench, bench.beside)


def checkouts_table(bench: Bench, folder: Path) -> None:
    """This kernel beside another checkout's, each in a process of its own, asked in turn."""
    contenders: dict[tuple[str, ...], dict[str, Any]] = {}
    for number, (text, data) in enumerate(spellings(bench.documents).items()):
        shard = bench.folder / f"spelled-{number}.jsonl"
        shard.write_bytes(data)
        lexicon = write_lexicon(bench, in_letters_of(text, bench.lexicon))
        for kind, fields in {"all": {}, "no": {"names": SWAP, "protect": ()}}.items():
            for of in OF:
                policy = {"ratio": RATIO, "of": of, **fields}
                asked = {"shard": str(shard), "lexicon": lexicon, "policy": policy}
                contenders[text, f"{kind} rules", f"of {of}"] = asked
    with ExitStack() as stack:
        ours, theirs = (asking(stack, environment(each), each) for each in (ROOT, folder.resolve()))
        best: dict[Any, list[dict[str, float]]] = {}
        for _ in range(bench.rounds):
            for name, asked in contenders.items():
                found = [ours(asked), theirs(asked)]
                before = best.get(name, found)
                best[name] = [
                    {k: min(a[k], b[k]) for k in a} for a, b in zip(before, found, strict=True)
                ]
    table(
        [f"times {folder.name}", "kernel + splice", "and reader", "words swapped", "MB/s of shard"],
        [
            [
                ", ".join(name),
                old["swapping"] / new["swapping"],
                old["both"] / new["both"],
                f"{new['swapped'] / max(old['swapped'], 1):.4f}",
                new["bytes"] / MB / new["both"],
            ]
            for name, (new, old) in best.items()
        ],
    )


# --- repeated short strings ---


def repeated_part(bench: Bench) -> None:
    """What a byte of a text of one repeated string costs, beside a byte of prose."""
    compiled, policy, size = bench.lexicon.compiled, Policy(ratio=RATIO), bench.repeated_bytes
    prose = first_of(bench.documents, size)
    texts: dict[Any, list[str]] = {"prose": prose, "one": ["\n\n".join(prose)]}
    for each in REPEATED:
        times = size // len(each.encode()) + 1
        texts |= {(each, 1): [each * times], (each, 2): [each * 2 * times]}
    contenders: Contenders = {}
    for name, documents in texts.items():
        blocks = blocks_of(b"".join(map(json_line, documents)))
        contenders[name] = partial(swap_all, blocks, compiled, policy), text_bytes(blocks)
    speeds = measure(contenders, 3 * bench.rounds)  # they are short, so that chance weighs more
    costs = {each: speeds["prose"] / speeds[each, 1] for each in REPEATED}
    growth = {each: 2 * speeds[each, 1] / speeds[each, 2] for each in REPEATED}
    order = sorted(REPEATED, key=lambda each: -costs[each])
    cells = [[repr(each), costs[each], growth[each]] for each in order]
    half = (len(cells) + 1) // 2
    cells += [[""] * 3] * (2 * half - len(cells))
    table(
        [f"repeated to {size / MB:g} MB", "times prose a byte", "twice / once"] * 2,
        [left + right for left, right in zip(cells[:half], cells[half:], strict=True)],
    )
    longest = max(REPEATED, key=lambda each: growth[each])
    print(
        f"Worst: {order[0]!r}, {costs[order[0]]:.2f} times prose a byte. Twice the text takes up "
        f"to {growth[longest]:.2f} times as long ({longest!r}).\nThe prose as one document: "
        f"{speeds['prose'] / speeds['one']:.2f} times as long as it takes in documents."
    )


PARTS: dict[str, Callable[[Bench], None]] = {
    "kernel": kernel_part,
    "beside": beside_part,
    "command": command_part,
    "repeated": repeated_part,
    "memory": memory_part,
}


if __name__ == "__main__":
    main()
