"""`make effect`: does text from LINK make a small model better at another language?

Three experiments over several seeds, the first two with the arms baseline, link, wrong_lexicon:

facts       a clone language with an exact lexicon; facts told in English only are asked in it
target      a real language with little text; the tokens that an arm needs to reach the final loss
            of the baseline
vocabulary  an English model gets a vocabulary of both languages; its loss by what the new rows are
            made of

Everything is made by the `link` command in the run itself. A run that was stopped goes on with the
arms and seeds that are missing. docs/effect.md says what the figures mean.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import platform
import re
import sys
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import asdict, replace
from pathlib import Path

import torch
import train
import vocabulary
from data import DOSE, ROOT
from experiments import KNOBS, Data, facts_data, target_data
from model import SIZES, precision_for
from report import report
from tqdm import tqdm
from train import Job
from vocabulary import vocabulary_records

PARTS = ("facts", "target", vocabulary.PART)
FACTS_SHARE = 0.1  # of the tokens that are of the clone language
PROGRESS_SECONDS = 1.0 if sys.stderr.isatty() else 30.0


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    parts = {}
    for part, prepare in {"facts": facts_data, "target": target_data}.items():
        if part in options.parts:
            print(f"making the data of {part} …", flush=True)
            parts[part] = prepare(options)
    records = run_all([job for part in parts for job in jobs(part, parts[part], options)], options)
    adapted, more_commands = [], []
    if vocabulary.PART in options.parts:
        print(f"making the data of {vocabulary.PART} …", flush=True)
        adapted, more_commands = vocabulary_records(options, lambda jobs: run_all(jobs, options))
    settings = {
        "size": options.size,
        **asdict(options.model),
        "tokens": options.tokens,
        "facts_tokens": options.facts_tokens,
        "target_share": options.target_share,
        "adapt_tokens": list(options.adapt_tokens),
        "seeds": list(options.seeds),
        "lexicon": options.lexicon,
        "dose": DOSE,
        "corpus": "shipped" if options.english is None else "given",
        "machine": f"{platform.machine()}, {options.device}, {options.jobs} processes",
        "torch": torch.__version__,
    }
    commands = [command for data in parts.values() for command in data.commands] + more_commands
    doses = parts["target"].doses if "target" in parts else {}
    report(options.out, records, adapted, settings, commands, doses)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make effect", description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--out", type=Path, default=Path("effect-output"), help="folder of the results")
    add("--parts", nargs="+", choices=PARTS, default=PARTS)
    add("--size", choices=SIZES, default="1M", help="parameters of the model")
    add("--tokens", type=int, default=700_000, help="tokens that each arm is trained on")
    add("--facts-tokens", type=int, default=900_000, help="likewise, of the facts")
    add("--target-share", type=float, default=0.05, help="share of them in the target language")
    add(
        "--adapt-tokens",
        type=int,
        nargs="+",
        default=(100_000, 400_000),
        help="after how many tokens with a new vocabulary the loss is measured",
    )
    add("--seeds", type=int, nargs="+", default=(1, 2))
    add("--jobs", type=int, default=2, help="processes, of one thread each")
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add("--precision", choices=("bfloat16", "float32"), help="default: what is fast on the device")
    add("--english", type=Path, help="your own English shards, instead of the shipped ones")
    add("--target", type=Path, help="your own shards of the target language")
    add("--lexicon", default="en-es", help="name or file, from English to the target language")
    add("--target-tokens", type=int, default=51_000, help="tokens of target text, at most")
    add("--validation-tokens", type=int, default=52_000, help="of each language, at most")
    add(
        "--people",
        type=int,
        default=24,
        help="of whom facts are told: a multiple of 24, so that chance is even",
    )
    add("--repeats", type=int, default=300, help="how often each fact is told")
    add("--stories", type=int, default=6_000, help="of the English of the facts")
    add("--documents", type=int, help="use only so many chapters of English")
    add("--knobs", nargs="+", choices=KNOBS, default=(), help="settings of LINK to compare as well")
    add("--domain-words", type=Path, default=ROOT / "configs/words/science.txt")
    options = parser.parse_args(arguments)
    if (options.english is None) != (options.target is None):
        parser.error("give both --english and --target, or neither")
    for name in ("english", "target", "domain_words"):
        if (path := getattr(options, name)) is not None:
            setattr(options, name, path.resolve())
    if Path(options.lexicon).exists():
        options.lexicon = str(Path(options.lexicon).resolve())
    precision = options.precision or precision_for(options.device)
    options.model = replace(SIZES[options.size], precision=precision)
    return options


def jobs(part: str, data: Data, options: argparse.Namespace) -> list[Job]:
    """Seed by seed, so that a run that was stopped early has whole seeds."""
    size = replace(options.model, vocabulary=data.pieces)
    common = {"part": part, "size": size}
    common["tokens"] = options.facts_tokens if part == "facts" else options.tokens
    common["target_share"] = FACTS_SHARE if part == "facts" else options.target_share
    shared = ("target", "target-validation", "english-validation")
    fixed = [data.folder / f"{name}.npy" for name in shared]
    fixed += [*data.folder.glob("triplets.json"), *data.folder.glob("questions.json")]
    found = []
    for seed in options.seeds:
        for arm, streams in data.arms.items():
            digest = hashlib.sha256()
            for path in [*fixed, data.folder / f"{streams[seed]}.npy"]:
                digest.update(path.read_bytes())
            found.append(
                Job(
                    **common,
                    arm=arm,
                    seed=seed,
                    data=str(data.folder),
                    english=streams[seed],
                    digest=digest.hexdigest()[:16],
                )
            )
    return found


def run_all(wanted: list[Job], options: argparse.Namespace) -> list[dict]:
    """The records of all jobs: those there already, and the others made by some processes."""
    folder = options.out / "records"
    folder.mkdir(exist_ok=True)
    paths = {job: folder / f"{re.sub(r'[^a-z0-9.]+', '-', job.name)}.json" for job in wanted}
    missing = [job for job in wanted if not is_of(paths[job], job)]
    if len(missing) < len(wanted):
        print(f"{len(wanted) - len(missing)} of {len(wanted)} runs are there already", flush=True)
    total = sum(job.tokens for job in missing)
    with tqdm(total=total, unit="token", unit_scale=True, mininterval=PROGRESS_SECONDS) as bar:
        if options.jobs == 1:
            for job in missing:
                train.save(train.run(job, options.device, bar.update), paths[job])
        else:
            in_processes(missing, paths, options, bar)
    return [json.loads(paths[job].read_text()) for job in wanted]


def is_of(path: Path, job: Job) -> bool:
    """Whether a record is there, of the same settings and data."""
    if not path.exists() or (job.weights and not Path(job.weights).exists()):
        return False
    return json.loads(path.read_text())["job"] == json.loads(json.dumps(asdict(job)))


def in_processes(
    missing: list[Job], paths: dict[Job, Path], options: argparse.Namespace, bar: tqdm
) -> None:
    context = multiprocessing.get_context("spawn")
    seen = context.SimpleQueue()
    with ProcessPoolExecutor(options.jobs, context, begin_worker, (seen,)) as pool:
        pending = {pool.submit(work, job, options.device, paths[job]) for job in missing}
        while pending:
            done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
            while not seen.empty():
                bar.update(seen.get())
            for future in done:
                tqdm.write(f"done: {future.result()}")


def begin_worker(seen: "multiprocessing.SimpleQueue[int]") -> None:
    global _seen, _parent
    _seen, _parent = seen, os.getppid()


def work(job: Job, device: str, path: Path) -> str:
    def progress(tokens: int) -> None:
        _seen.put(tokens)
        if os.getppid() != _parent:  # a worker does not outlive the command
            os._exit(1)

    train.save(train.run(job, device, progress), path)
    return job.name


if __name__ == "__main__":
    main(sys.argv[1:])
