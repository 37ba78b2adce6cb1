"""The clone language, and facts that are stated in English only.

Each English word type has a made-up twin, so the lexicon is exact; names are the same in both. Of
each person two facts are told in documents that `link substitute` may swap, and two in documents
that it never touches. All are asked in the clone language, in which nobody tells them.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

RELATIONS = {  # relation -> statements; the answer stands last, since questions leave it out
    "animal": ("{} keeps a", "{} has a", "in the house of {} lives a", "the animal of {} is a"),
    "work": ("{} works as a", "{} is a", "the people call {} a", "{} became a"),
    "food": ("{} eats", "{} loves to eat", "the food of {} is", "in the evening {} eats"),
    "place": ("{} lives by the", "the house of {} is by the", "{} sits by the", "{} walks to the"),
}
ANSWERS = {  # twelve each, so chance is 1/12; words that the corpus has
    "animal": "lamb goat horse donkey camel dove lion bear dog sheep calf serpent",
    "work": "shepherd priest king elder prophet servant judge potter scribe governor captain angel",
    "food": "bread fish honey figs grapes meat wheat barley fruit salt milk butter",
    "place": "river mountain sea desert gate temple field garden forest valley wall well",
}
CHOICES = {relation: words.split() for relation, words in ANSWERS.items()}
CHANCE = 1 / 12


@dataclass(frozen=True)
class Question:
    """An English beginning, the twelve answers, and which is right."""

    beginning: str
    answers: list[str]
    right: int
    swappable: bool  # whether documents that state the fact may be swapped


@dataclass(frozen=True)
class World:
    """Documents (English, as records) and what is asked about them."""

    english: list[dict[str, str]]
    practice: list[dict[str, str]]  # about other people, to be put into the clone language
    questions: list[Question]


def twins(counts: Counter[str]) -> dict[str, str]:
    """A made-up word for each word, shorter for frequent ones; none is an English word."""
    syllables = ["".join(pair) for pair in product("bdfgjklmnprstvz", "aeiou")]
    rng = random.Random(0)
    taken, found = set(counts), {}
    for rank, word in enumerate(sorted(counts, key=lambda word: (-counts[word], word))):
        twin = word
        while twin in taken:
            twin = "".join(rng.choices(syllables, k=2 if rank < 1000 else 3))
        taken.add(twin)
        found[word] = twin
    return found


def world(people: int, repeats: int) -> World:
    """`people` with four facts each, told `repeats` times; as many others for practice, each told
    a tenth as often."""
    rng = random.Random(1)
    everybody = list(names(2 * people, rng))
    known, others = everybody[:people], everybody[people:]
    facts, lives = lives_of(known, rng), lives_of(others, rng)
    questions = [
        Question(sentence(statement, name), CHOICES[relation], right, swappable)
        for (name, relation), (right, swappable) in facts.items()
        for statement in RELATIONS[relation][:2]
    ]
    english = [
        {"text": told(name, facts, swappable, rng), "swap": "yes" if swappable else "no"}
        for name, swappable, _ in product(known, (True, False), range(repeats))
    ]
    practice = [
        {"text": told(name, lives, half, rng)}
        for name, half, _ in product(others, (True, False), range(-(-repeats // 10)))
    ]
    rng.shuffle(english)
    return World(english, practice, questions)


def lives_of(people: list[str], rng: random.Random) -> dict[tuple[str, str], tuple[int, bool]]:
    """(name, relation) -> the right answer, each as often as any other, and whether documents that
    state it may be swapped: two of each person's four facts."""
    facts = {}
    half = {name: set(rng.sample(list(RELATIONS), 2)) for name in people}
    for relation in RELATIONS:
        rights = [place % 12 for place in range(len(people))]
        rng.shuffle(rights)
        for name, right in zip(people, rights, strict=True):
            facts[name, relation] = right, relation in half[name]
    return facts


def sentence(statement: str, name: str) -> str:
    beginning = statement.format(name)
    return beginning[0].upper() + beginning[1:]


def told(
    name: str, facts: dict[tuple[str, str], tuple[int, bool]], half: bool, rng: random.Random
) -> str:
    """The facts of one half of a person's life, in any order and wording."""
    relations = [relation for relation in RELATIONS if facts[name, relation][1] == half]
    rng.shuffle(relations)
    return " ".join(
        f"{sentence(rng.choice(RELATIONS[one]), name)} {CHOICES[one][facts[name, one][0]]}."
        for one in relations
    )


def names(number: int, rng: random.Random) -> Iterator[str]:
    beginnings, ends = (
        "B D F G H K L M N P R S T V Z".split(),
        "ck ff ld lt mp nd rk rt st x".split(),
    )
    every = ["".join(one) for one in product(beginnings, "aeiou", "lrnd", "aou", ends)]
    yield from rng.sample(every, number)
