"""Facts told in English, and asked in the target language.

Of each subject, the facts that may be swapped are told in passages of their own, and those that are
never swapped in others: `link substitute --where swap=may` then touches the one and not the other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

from link.probes.draws import number, shuffled
from link.probes.relations import OBJECT, SUBJECT, Fact, Relation
from link.probes.write import publish_lines, published_folder

MAY, NEVER = "may", "never"
PASSAGES = 10_000
"""In a shard."""
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Options:
    """`never_swap`, `dev`: shares of the facts; `repeats`: how often each is told."""

    seed: int = 0
    never_swap: float = 0.5
    dev: float = 0.2
    repeats: int = 10


def made_facts(subjects: Sequence[str], relations: Mapping[str, Relation], seed: int) -> list[Fact]:
    """A fact of each relation for each subject; each object is drawn equally often, to one."""
    facts = {
        (subject, relation.name): Fact(subject, relation.name, objects[place % len(objects)])
        for relation in relations.values()
        for objects in [shuffled(relation.objects, seed, "objects", relation.name)]
        for place, subject in enumerate(shuffled(subjects, seed, "subjects", relation.name))
    }
    return [facts[subject, name] for subject in subjects for name in relations]


def never_swapped(facts: Sequence[Fact], share: float, seed: int) -> set[Fact]:
    """The share of each relation's facts, to one, and as evenly of its objects as can be."""
    exact = Fraction(str(share))
    taken = set()
    for relation in {fact.relation for fact in facts}:
        own = [fact for fact in facts if fact.relation == relation]
        own.sort(key=lambda fact: (fact.object, number(seed, "swap", fact.id), fact.id))
        for place, fact in enumerate(own):
            if int((place + 1) * exact) > int(place * exact):
                taken.add(fact)
    return taken


def is_dev(fact: Fact, share: float) -> bool:
    """Whether a fact is of the development split, which its own hash decides and no seed."""
    return number(0, "split", fact.id) < share * 2**64


def passages(
    facts: Sequence[Fact], relations: Mapping[str, Relation], never: set[Fact], options: Options
) -> Iterator[Record]:
    """Texts of one subject's facts of one half, in drawn order; each repeat tells them in another
    order, and each fact by another statement than the last.
    """
    groups: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        groups.setdefault((fact.subject, NEVER if fact in never else MAY), []).append(fact)
    seed = options.seed
    every = ((*group, repeat) for group in groups for repeat in range(options.repeats))
    for subject, swap, repeat in shuffled(every, seed, "passage"):
        own = groups[subject, swap]
        ordered = sorted(own, key=lambda fact: (number(seed, "order", repeat, fact.id), fact.id))
        told = []
        for fact in ordered:
            statements = relations[fact.relation].statements
            place = number(seed, "statement", fact.id) + repeat
            told.append(_filled(statements[place % len(statements)], fact, fact.object))
        yield {
            "id": f"{number(0, 'passage', subject, swap, repeat):016x}",
            "text": " ".join(told),
            "swap": swap,
            "subject": subject,
            "facts": [fact.id for fact in ordered],
        }


def questions(
    facts: Sequence[Fact], relations: Mapping[str, Relation], never: set[Fact], dev: float
) -> Iterator[Record]:
    """Each fact, asked in the target language by each question, and in English by each statement.

    `prompt` + a candidate + `ending` is the whole sentence.
    """
    for fact in facts:
        relation = relations[fact.relation]
        kinds = {
            "target": (relation.questions, list(relation.objects.values())),
            "english": (relation.statements, list(relation.objects)),
        }
        for language, (templates, candidates) in kinds.items():
            right = list(relation.objects).index(fact.object)
            for template in templates:
                prompt, ending = (_filled(part, fact) for part in template.split(OBJECT))
                yield {
                    **_told(fact, never, dev, "fact"),
                    "language": language,
                    "prompt": prompt,
                    "ending": ending,
                    "answer": candidates[right],
                    "candidates": candidates,
                }


def _told(fact: Fact, never: set[Fact], dev: float, name: str) -> Record:
    return {
        name: fact.id,
        "subject": fact.subject,
        "relation": fact.relation,
        "object": fact.object,
        "swap": NEVER if fact in never else MAY,
        "split": "dev" if is_dev(fact, dev) else "test",
    }


def _filled(template: str, fact: Fact, answer: str = OBJECT) -> str:
    return answer.join(part.replace(SUBJECT, fact.subject) for part in template.split(OBJECT))


def write_facts(
    facts: Sequence[Fact], relations: Mapping[str, Relation], output: Path, options: Options
) -> tuple[int, int]:
    """Write the passages as shards, the questions and the facts; the numbers of the first two.

    The folder appears once all is written. Raises `UsageError` if it holds something already.
    """
    never = never_swapped(facts, options.never_swap, options.seed)
    records = passages(facts, relations, never, options)
    told = shards = 0
    with published_folder(output) as folder:
        while part := list(islice(records, PASSAGES)):
            told += publish_lines(folder / "passages" / f"part-{shards:05}.jsonl", part)
            shards += 1
        asked = publish_lines(
            folder / "questions.jsonl", questions(facts, relations, never, options.dev)
        )
        publish_lines(
            folder / "facts.jsonl", (_told(fact, never, options.dev, "id") for fact in facts)
        )
    return told, asked
