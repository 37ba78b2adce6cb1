"""Training of one arm with one seed: a job in, a record out.

All arms of a seed begin with the same weights and see windows of the same streams in the same
order. The learning rate stays constant after a warm-up, and what is measured is a running average
of the weights: so the model at any point of a run is as good as if the run ended there, and tokens
to equal loss can be read off one curve.
"""

import copy
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from model import GPT, Size, losses
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

WARM_UP = 0.05  # share of the steps
AVERAGE = 0.99  # weight of the past in the running average, a step
POINTS = 10  # a run is evaluated after 3, 4, … of so many parts
EVALUATION_BATCH = 32  # windows, questions or sentences
Progress = Callable[[int], None]  # takes the tokens just trained on


@dataclass(frozen=True)
class Job:
    """`data` is a folder with `.npy` token streams, questions and triplets."""

    part: str
    arm: str
    seed: int
    size: Size
    tokens: int
    target_share: float
    data: str
    english: str  # the stream's name in `data`
    digest: str  # of all data that the job reads
    initial: str = ""  # weights to begin with, a safetensors file
    points: tuple[int, ...] = ()  # tokens after which to measure, 0 for before; () for the usual
    weights: str = ""  # where to save the weights at the end

    @property
    def name(self) -> str:
        return f"{self.part}-{self.arm}-{self.seed}"


def run(job: Job, device: str, progress: Progress) -> dict[str, object]:
    """Trains and measures. The curve's rows are tokens seen, loss of the target language, loss of
    English: nats a token, on text that no arm saw; those of `answers` are tokens seen and the share
    of right answers by kind of question."""
    began = time.monotonic()
    torch.set_num_threads(1 if device == "cpu" else torch.get_num_threads())
    torch.manual_seed(job.seed)
    model = GPT(job.size).to(device)
    if job.initial:
        model.load_state_dict(load_file(job.initial, device))
    average = copy.deepcopy(model)
    streams = {
        name: np.load(Path(job.data) / f"{file}.npy")
        for name, file in {
            "english": job.english,
            "target": "target",
            "target-validation": "target-validation",
            "english-validation": "english-validation",
        }.items()
    }
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=job.size.learning_rate,
        betas=(0.9, 0.95),
        weight_decay=0.1,
        fused=True,
    )
    a_step = job.size.batch * job.size.context
    steps = max(POINTS, job.tokens // a_step)
    measured = {round(steps * point / POINTS) for point in range(3, POINTS + 1)}
    if job.points:
        measured = {min(steps, round(point / a_step)) for point in job.points}
    curve, facts = [], []
    if 0 in measured:
        curve.append((0, *both_losses(average, streams, job.size, device)))
    batches = mixture(streams["english"], streams["target"], job, steps)
    for step, batch in enumerate(batches, start=1):
        for group in optimizer.param_groups:
            group["lr"] = job.size.learning_rate * min(1.0, step / (WARM_UP * steps))
        ids = torch.from_numpy(batch.astype(np.int64)).to(device)
        loss = losses(model, ids[:, :-1], ids[:, 1:]).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            past = min(AVERAGE, step / (step + 10))
            for mean, weight in zip(average.parameters(), model.parameters(), strict=True):
                mean.lerp_(weight, 1 - past)
        if step in measured:
            target = mean_loss(average, streams["target-validation"], job.size, device)
            english = (
                mean_loss(average, streams["english-validation"], job.size, device)
                if len(curve) % 3 == 0 or step == steps or job.points
                else None
            )
            curve.append((step * a_step, target, english))
            if english is not None:
                facts.append((step * a_step, answers(average, Path(job.data), device)))
        progress(a_step)
    if job.weights:
        Path(job.weights).parent.mkdir(parents=True, exist_ok=True)
        save_file(average.state_dict(), job.weights)
    return {
        "job": asdict(job),
        "curve": curve,
        "answers": facts,
        "meaning_mates": meaning_mates(average, Path(job.data), device),
        "seconds": round(time.monotonic() - began, 1),
    }


def both_losses(
    model: GPT, streams: dict[str, NDArray[np.int32]], size: Size, device: str
) -> tuple[float, float]:
    """The loss of the target language, and that of English."""
    target, english = (
        mean_loss(model, streams[f"{language}-validation"], size, device)
        for language in ("target", "english")
    )
    return target, english


def mixture(
    english: NDArray[np.int32], target: NDArray[np.int32], job: Job, steps: int
) -> Iterator[NDArray[np.int32]]:
    """Batches of (batch, context + 1) tokens. Every so many windows one is of the target language;
    which windows are drawn depends on the seed and on the lengths of the streams."""
    rng = np.random.default_rng(job.seed)
    sources = [windows(stream, job.size.context, rng) for stream in (english, target)]
    given = 0.0
    for _ in range(steps):
        batch = []
        for _ in range(job.size.batch):
            given += job.target_share
            batch.append(next(sources[given >= 1.0]))
            given -= given >= 1.0
        yield np.stack(batch)


def windows(
    stream: NDArray[np.int32], context: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int32]]:
    """All windows of a stream in random order, then again, cut at other places."""
    rng = np.random.default_rng(rng.integers(2**63))
    while True:
        first = int(rng.integers(context))
        starts = np.arange(first, len(stream) - context, context)
        for start in rng.permutation(starts):
            yield stream[start : start + context + 1]


@torch.no_grad()
def mean_loss(model: GPT, stream: NDArray[np.int32], size: Size, device: str) -> float:
    count = (len(stream) - 1) // size.context
    ids = torch.from_numpy(stream[: count * size.context + 1].astype(np.int64)).to(device)
    inputs, targets = ids[:-1].view(count, -1), ids[1:].view(count, -1)
    total = 0.0
    for at in range(0, count, EVALUATION_BATCH):
        rows = slice(at, at + EVALUATION_BATCH)
        total += losses(model, inputs[rows], targets[rows]).sum(dtype=torch.float64).item()
    return total / targets.numel()


@torch.no_grad()
def answers(model: GPT, data: Path, device: str) -> dict[str, float]:
    """Share of the questions of each kind whose right answer is the likeliest."""
    path = data / "questions.json"
    questions = json.loads(path.read_text()) if path.exists() else []
    right: dict[str, list[bool]] = {}
    for start in range(0, len(questions), EVALUATION_BATCH):
        asked = questions[start : start + EVALUATION_BATCH]
        rows = [(one["asked"], ids) for one in asked for ids in one["candidates"]]
        ids = padded([ids for _, ids in rows], 0)
        targets = padded([[-1] * (known - 1) + ids[known:] for known, ids in rows], -1)
        nats = losses(model, ids[:, :-1].to(device), targets.to(device)).sum(1)
        by_question = nats.split([len(one["candidates"]) for one in asked])
        for one, found in zip(asked, by_question, strict=True):
            right.setdefault(one["kind"], []).append(int(found.argmin()) == one["right"])
    return {kind: sum(hits) / len(hits) for kind, hits in right.items()}


def padded(rows: list[list[int]], filler: int) -> Tensor:
    """A matrix of rows of different lengths."""
    longest = max(map(len, rows))
    return torch.tensor([row + [filler] * (longest - len(row)) for row in rows])


@torch.no_grad()
def meaning_mates(model: GPT, data: Path, device: str) -> float | None:
    """ABX: in how many triplets is a sentence nearer to its translation than to another sentence of
    its own language?

    Nearer by the cosine of mean hidden states after half of the layers. No training is involved.
    None without triplets.
    """
    path = data / "triplets.json"
    if not path.exists():
        return None
    found = json.loads(path.read_text())
    layers = -(-len(model.blocks) // 2)
    names = {name: place for place, name in enumerate(found["texts"])}
    states = sentence_states(model, list(found["texts"].values()), layers, device)
    a, b, x = states[torch.tensor([[names[name] for name in one] for one in found["triplets"]]).T]
    cosine = torch.nn.functional.cosine_similarity
    return float((cosine(a, x) > cosine(b, x)).double().mean())


def sentence_states(model: GPT, texts: list[list[int]], layers: int, device: str) -> Tensor:
    """(sentences, width): the mean of the states of each sentence's tokens."""
    context = len(model.positions.weight)
    found = []
    for start in range(0, len(texts), EVALUATION_BATCH):
        some = [ids[:context] for ids in texts[start : start + EVALUATION_BATCH]]
        states = model.hidden(padded(some, 0).to(device), layers)  # none sees what is behind it
        found += [own[: len(ids)].mean(0) for own, ids in zip(states, some, strict=True)]
    return torch.stack(found)


def save(record: dict[str, object], path: Path) -> None:
    """Whole or not at all: a run that is killed leaves no half record."""
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps(record, indent=1))
    temporary.replace(path)
