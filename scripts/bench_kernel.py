"""The kernel of one checkout, for `bench.py --beside`: a process that `asking` starts and asks.

It imports that checkout's LINK. Each line of standard input names a shard (plain JSON Lines), a
lexicon's file and a policy; the answer is a line with the seconds that reading and swapping took.
Knows two kernels: the one that takes decoded texts, and the older one (up to commit d55aa83) that
takes blocks and splices itself.
"""

import inspect
import io
import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import click

import link
from link.kernel.substitute import substitute
from link.lexicon import Lexicon
from link.policy import Policy
from link.shards.fields import Fields
from link.shards.jsonl import JsonLines, pieces

TAKES_BLOCKS = "block" in inspect.signature(substitute).parameters


@cache
def load(path: str) -> Any:
    return Lexicon.load(path, inflect=False).compiled


@cache
def content(path: str) -> bytes:
    return Path(path).read_bytes()


def swap(block: Any, lexicon: Any, policy: Policy) -> int:
    """Swap and splice a block; how many words were swapped."""
    if TAKES_BLOCKS:
        return int(substitute(block, lexicon, policy).counts.swapped.sum())
    from link.splice import splice

    done = substitute(block.texts, block.keys, lexicon, policy)
    splice(block, done.swaps, lexicon, policy)
    return int(done.counts.swapped.sum())


def answer(shard: str, lexicon_path: str, policy: Policy) -> dict[str, float]:
    data, lexicon, finder = content(shard), load(lexicon_path), JsonLines(Fields())
    reading = swapping = 0.0
    swapped = 0
    for piece in pieces(io.BytesIO(data)):
        begin = time.perf_counter()
        block = finder.find(piece.content, piece.first).blocks[0]
        found = time.perf_counter()
        swapped += swap(block, lexicon, policy)
        reading += found - begin
        swapping += time.perf_counter() - found
    both = reading + swapping
    return {"swapping": swapping, "both": both, "swapped": swapped, "bytes": len(data)}


def asking(
    stack: ExitStack, environment: dict[str, str], folder: Path
) -> Callable[[dict[str, Any]], dict[str, float]]:
    """A process that runs the kernel of a checkout, until the stack is unwound."""
    command = [sys.executable, __file__]
    process = stack.enter_context(
        Popen(command, env=environment, stdin=PIPE, stdout=PIPE, text=True)
    )
    pipe, answers = process.stdin, process.stdout
    assert pipe
    assert answers
    stack.callback(pipe.close)
    imported = json.loads(answers.readline() or '"nothing"')
    if imported != str(folder):
        raise click.ClickException(f"{folder}: `import link` there imports {imported}")

    def ask(asked: dict[str, Any]) -> dict[str, float]:
        print(json.dumps(asked), file=pipe, flush=True)
        line = answers.readline()
        if not line:
            raise click.ClickException(f"{folder}: its kernel failed; see above")
        return dict(json.loads(line))

    return ask


if __name__ == "__main__":
    print(json.dumps(str(Path(link.__file__).parents[1])), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        policy = Policy(**asked["policy"])
        print(json.dumps(answer(asked["shard"], asked["lexicon"], policy)), flush=True)
