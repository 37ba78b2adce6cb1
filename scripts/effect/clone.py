"""The clone language, and the relations of the facts that are stated in English only.

The English here is of a small grammar, so that models learn it within minutes: stories, in which
each noun has its own company of words, and the facts that `link facts make` tells about people.
Each word type has a made-up twin, so the lexicon is exact; names are the same in both languages.
"""

import random
from collections import Counter
from itertools import product

RELATIONS = {  # relation -> beginnings of statements; the answer stands last
    "animal": ("{subject} keeps a", "{subject} has a"),
    "work": ("{subject} works as a", "{subject} became a"),
    "food": ("{subject} eats", "The food of {subject} is"),
    "place": ("{subject} walks to the", "The house of {subject} is by the"),
}
ANSWERS = {  # twelve each, so chance is 1/12; words that the corpus has
    "animal": "lamb goat horse donkey camel dove lion bear dog sheep calf serpent",
    "work": "shepherd priest king elder prophet servant judge potter scribe governor captain angel",
    "food": "bread fish honey figs grapes meat wheat barley fruit salt milk butter",
    "place": "river mountain sea desert gate temple field garden forest valley wall well",
}
CHOICES = {relation: words.split() for relation, words in ANSWERS.items()}
CHANCE = 1 / 12
SUBJECT = "{subject}"
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


def put(text: str, twin: dict[str, str]) -> str:
    """A beginning of a statement in the clone language, with its capital."""
    words = [one if one == SUBJECT else twin[one.casefold()] for one in text.split()]
    return capital(" ".join(words)) if text[0].isupper() else " ".join(words)


def relations(twin: dict[str, str]) -> dict[str, dict[str, object]]:
    """The relations for `link facts make`: questions and candidates are in the clone language."""
    return {
        name: {
            "statements": [f"{beginning} {{object}}." for beginning in beginnings],
            "questions": [f"{put(beginning, twin)} {{object}}." for beginning in beginnings],
            "objects": {word: twin[word] for word in CHOICES[name]},
        }
        for name, beginnings in RELATIONS.items()
    }


def grammar() -> Counter[str]:
    """Each word of stories and statements, as often as the grammar has it."""
    beginnings = [text for texts in RELATIONS.values() for text in texts]
    lists = [*ANSWERS.values(), *map(" ".join, COMPANY.values())]
    words = " ".join([*beginnings, *STORIES, *lists]).casefold().split()
    return Counter(word for word in words if not word.startswith("{"))


def stories(number: int, seed: int) -> list[dict[str, str]]:
    """Records with a story each. All seeds have the same favourites."""
    likes = favourites(random.Random(1))
    rng = random.Random(seed)
    return [
        {"id": f"story-{seed}-{place}", "text": story(likes, rng), "swap": "may"}
        for place in range(number)
    ]


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
        told.append(capital(line) + ".")
    return " ".join(told)


def capital(text: str) -> str:
    return text[0].upper() + text[1:]
