"""The clone language, and facts that are stated in English only.

The English here is of a small grammar, so that models learn it within minutes: stories, in which
each noun has its own company of words, and facts about people. Each word type has a made-up twin,
so the lexicon is exact; names are the same in both languages. Of each person two facts are told in
documents that `link substitute` may swap, and two in documents that it never touches. All are asked
in the clone language, in which nobody tells them.
"""

import random
from collections import Counter
from dataclasses import dataclass
from itertools import combinations, product

RELATIONS = {  # relation -> statements; the answer stands last, since questions leave it out
    "animal": ("{} keeps a", "{} has a"),
    "work": ("{} works as a", "{} became a"),
    "food": ("{} eats", "the food of {} is"),
    "place": ("{} walks to the", "the house of {} is by the"),
}
ANSWERS = {  # twelve each, so chance is 1/12; words that the corpus has
    "animal": "lamb goat horse donkey camel dove lion bear dog sheep calf serpent",
    "work": "shepherd priest king elder prophet servant judge potter scribe governor captain angel",
    "food": "bread fish honey figs grapes meat wheat barley fruit salt milk butter",
    "place": "river mountain sea desert gate temple field garden forest valley wall well",
}
CHOICES = {relation: words.split() for relation, words in ANSWERS.items()}
CHANCE = 1 / 12
STORIES = (  # {animal} etc. are drawn anew, the words of COMPANY as the noun before them likes
    "the {adjective} {animal} {moves} to the {place}",
    "the {work} {gives} {food} to the {animal}",
    "by the {place} the {work} {sees} a {adjective} {animal}",
    "a {animal} {moves} {when} and the {work} {speaks}",
    "the {work} {speaks} {when} and eats {food}",
    "{when} the {animal} eats {food} by the {place}",
    "the {work} of the {place} has {food} and a {animal}",
    "the people of the {place} love the {adjective} {work}",
    "in the house lives a {work} who keeps a {animal}",
    "the food of the {animal} is {food}",
    "the {work} became {adjective} and walks to the {place}",
    "the {adjective} {food} is by the {place}",
)
COMPANY = {
    kind: words.split()
    for kind, words in {
        "adjective": "old young small great white black strong weak good bad quiet loud clean new",
        "moves": "runs walks goes comes turns flees jumps returns climbs wanders",
        "gives": "gives brings sends carries shows offers sells leaves",
        "sees": "sees hears finds follows meets leads calls seeks",
        "speaks": "speaks sings laughs prays weeps sleeps waits works rests shouts",
        "when": "today often early late soon again always now then yesterday",
    }.items()
}
FAVOURITES = 3  # of each kind of company that a noun has, drawn three times in four


Lives = dict[tuple[str, str], tuple[int, bool]]  # (name, relation) -> answer, may be swapped


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
    validation: list[dict[str, str]]  # stories
    target: list[dict[str, str]]  # stories and other people, to be put into the clone language
    target_validation: list[dict[str, str]]  # stories, likewise
    people: list[str]  # all names
    questions: list[Question]


def twins(counts: Counter[str]) -> dict[str, str]:
    """A made-up word of two syllables for each word; none is an English word."""
    syllables = ["".join(pair) for pair in product("bdfgjklmnprstvz", "aeiou")]
    rng = random.Random(0)
    taken, found = set(counts), {}
    for word in sorted(counts, key=lambda word: (-counts[word], word)):
        twin = word
        while twin in taken:
            twin = "".join(rng.choices(syllables, k=2))
        taken.add(twin)
        found[word] = twin
    return found


def world(people: int, repeats: int, stories: int) -> World:
    """`people` with four facts each, told `repeats` times in English among `stories`; a tenth as
    many stories for the clone language, where as many other people are told of a tenth as often."""
    rng = random.Random(1)
    everybody = names(2 * people, rng)
    known, others = everybody[:people], everybody[people:]
    lives, other_lives = lives_of(known, rng), lives_of(others, rng)
    likes = favourites(rng)

    def many(number: int) -> list[dict[str, str]]:
        return [{"text": story(likes, rng), "swap": "yes"} for _ in range(number)]

    def all_told(people: list[str], lives: Lives, repeats: int) -> list[dict[str, str]]:
        return [
            {"text": told(name, lives, swappable, rng), "swap": "yes" if swappable else "no"}
            for name, swappable, _ in product(people, (True, False), range(repeats))
        ]

    documents = [*many(stories), *all_told(known, lives, repeats)]
    target = [*many(stories // 10), *all_told(others, other_lives, -(-repeats // 10))]
    rng.shuffle(documents)
    rng.shuffle(target)
    questions = [
        Question(sentence(statement, name), CHOICES[relation], right, swappable)
        for (name, relation), (right, swappable) in lives.items()
        for statement in RELATIONS[relation]
    ]
    return World(documents, many(stories // 5), target, many(stories // 5), everybody, questions)


def favourites(rng: random.Random) -> dict[tuple[str, str], list[str]]:
    """(noun, kind of word) -> the words that it stands with most of the time."""
    nouns = [noun for words in CHOICES.values() for noun in words]
    kinds = {**COMPANY, **CHOICES}
    return {(noun, kind): rng.sample(kinds[kind], FAVOURITES) for noun in nouns for kind in kinds}


def story(likes: dict[tuple[str, str], list[str]], rng: random.Random) -> str:
    """Four sentences; the first noun of each has its favourites around it."""
    told = []
    for _ in range(4):
        frame = rng.choice(STORIES)
        kinds = [kind for kind in (*CHOICES, *COMPANY) if "{" + kind + "}" in frame]
        first, *others = kinds
        words = {first: rng.choice(CHOICES[first])}
        for kind in others:
            liked = rng.random() < 0.75
            every = {**CHOICES, **COMPANY}[kind]
            words[kind] = rng.choice(likes[words[first], kind] if liked else every)
        line = frame.format(**words)
        told.append(line[0].upper() + line[1:] + ".")
    return " ".join(told)


def lives_of(people: list[str], rng: random.Random) -> Lives:
    """What there is to know of some people: 24 of them, or a multiple.

    Two of each person's facts may be swapped. Of the people whose fact may be swapped, and of those
    whose fact may not, each answer is right equally often: what is common says nothing.
    """
    swappable = list(combinations(RELATIONS, 2))  # six: each relation is in half of them
    lives: Lives = {}
    for relation in RELATIONS:
        for half in (True, False):
            those = [
                name
                for place, name in enumerate(people)
                if (relation in swappable[place % len(swappable)]) == half
            ]
            rights = [place % 12 for place in range(len(those))]
            rng.shuffle(rights)
            for name, right in zip(those, rights, strict=True):
                lives[name, relation] = right, half
    return lives


def sentence(statement: str, name: str) -> str:
    beginning = statement.format(name)
    return beginning[0].upper() + beginning[1:]


def told(name: str, facts: Lives, half: bool, rng: random.Random) -> str:
    """The facts of one half of a person's life, in any order and wording."""
    relations = [relation for relation in RELATIONS if facts[name, relation][1] == half]
    rng.shuffle(relations)
    return " ".join(
        f"{sentence(rng.choice(RELATIONS[one]), name)} {CHOICES[one][facts[name, one][0]]}."
        for one in relations
    )


def names(number: int, rng: random.Random) -> list[str]:
    beginnings, ends = (
        "B D F G H K L M N P R S T V Z".split(),
        "ck ff ld lt mp nd rk rt st x".split(),
    )
    every = ["".join(one) for one in product(beginnings, "aeiou", "lrnd", "aou", ends)]
    return rng.sample(every, number)
