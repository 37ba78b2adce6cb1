"""Which words and phrases may be swapped: names, possessives, phrases."""

import pytest

from link.policy import Policy
from tests.reference.helpers import ALL, AS_USUAL, lexicon, lost, pairs, run, swapped

SPELLED = pairs(
    "dog=hund us=uns mark=zeichen the=der of=von house=haus US=VS Monday=montag Polish=polnisch",
    "polish=putzen may=darf May=mai MAY=luftFahrt I=ich I'm=bin b=be yes=ja",
)


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        # amid text a word must be spelled as the lexicon has it
        ("x us US Us Mark mark", "x uns VS Us Mark zeichen"),
        ("x Monday monday MONDAY", "x montag monday MONDAY"),
        ("x Polish polish POLISH", "x polnisch putzen POLISH"),
        ("x may May MAY", "x darf mai luftFahrt"),
        # where a sentence begins, and in headings, capitals tell nothing
        ("Dog xy. Polish xy. Monday xy. DOG", "Hund xy. Putzen xy. Montag xy. DOG"),
        ("x: Dog, Dr. Mark", "x: Dog, Dr. Mark"),
        ("x\n\nHouse of the Dog\n\nx", "x\n\nHaus von der Hund\n\nx"),
        ("x\nTHE POLISH DOG, US\nx", "x\nDER PUTZEN HUND, UNS\nx"),
        ("# Big DOG US Polish", "# Big DOG VS Putzen"),
        # `I` is never a name, and a lone letter no word
        ("x I do, I'm x's b, B", "x ich do, bin x's b, B"),
        ("Yes. I do. I’m x", "Ja. Ich do. Bin x"),
    ],
)
def test_what_looks_like_a_name_stays(text: str, becomes: str) -> None:
    assert swapped(text, SPELLED, AS_USUAL) == becomes


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("polish Polish. Polish x POLISH", "putzen polnisch. Putzen x PUTZEN"),
        ("us US Us monday b", "uns VS Uns montag be"),
        ("x POLISH May may MAY", "x PUTZEN mai darf luftFahrt"),
    ],
)
def test_where_names_are_swapped_any_spelling_will_do(text: str, becomes: str) -> None:
    assert swapped(text, SPELLED, ALL) == becomes


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("the dog's, dog’S dogʼs dogs' dog'ſ", "the Hund's, Hund’S Hundʼs dogs' dog'ſ"),
        ("it's It’s its dog's's", "it's It’s its dog's's"),
        ("one's life's o'clock", "one's whole o'clock"),
    ],
)
def test_a_possessive_keeps_its_ending_and_a_contraction_is_looked_up_whole(
    text: str, becomes: str
) -> None:
    spelled = pairs("dog=Hund it=es life=leben life's=whole o=o")
    assert swapped(text, spelled) == becomes


PHRASES = pairs(
    "a=1 b=2 a+b=12 b+c=23 a+b+c=123 ice+cream=eis ice=frost cream=sahne well-known=berühmt",
    "New+York=neujork dog's+life=elend go+Dutch=teilen of=von",
)


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("a b c a b b c b a", "123 12 23 b 1"),  # the longest, left to right
        ("ice\tcream, ice \n  cream ice\u2028cream", "eis, eis eis"),
        ("ice  cream, ice\n\ncream ice-cream", "frost  sahne, frost\n\nsahne frost-sahne"),
        ("well-known well‑known well known", "berühmt berühmt well known"),
        # nothing goes on behind a possessive, unless it stands in the headword
        ("ice cream’s of ice's cream", "eis’s von frost's sahne"),
        ("a dog's life's of", "1 elend's von"),
        # which may not be swapped releases its words
        ("x Ice cream ice Cream", "x Ice sahne frost Cream"),
        ("`ice` cream ice #cream", "`ice` sahne frost #cream"),
        # spelled as the lexicon has it
        ("x New York, new York, New york go Dutch", "x neujork, new York, New york teilen"),
        ("Ice cream. Go Dutch x", "Eis. Teilen x"),
        ("# Go Dutch to New York", "# Teilen to neujork"),
        ("NEW YORK ICE CREAM", "NEUJORK EIS"),
    ],
)
def test_the_longest_phrase_that_may_be_swapped_is_one_unit(text: str, becomes: str) -> None:
    assert swapped(text, PHRASES, AS_USUAL) == becomes


@pytest.mark.parametrize(("blanks", "is_one"), [(" " * 39, True), ("\u3000" * 13, True)])
def test_a_gap_has_forty_bytes_at_most(blanks: str, is_one: bool) -> None:
    for gap, expected in ((f"\n{blanks}", "eis"), (f"\n{blanks} ", f"frost\n{blanks} sahne")):
        assert swapped(f"ice{gap}cream", PHRASES) == expected


def test_a_phrase_that_is_not_drawn_blocks_its_words() -> None:
    seen = set()
    for seed in range(40):
        policy = Policy(ratio=0.5, of="eligible", seed=seed)
        seen.add(swapped("x ice cream", PHRASES, policy))
    assert seen == {"x ice cream", "x eis"}


def test_a_covered_word_that_may_not_be_swapped_is_lost_to_the_first_rule_that_holds() -> None:
    assert lost("x Mark `x Mark xy` z", Policy(ratio=1)) == {
        "names": ["x", "Mark", "x", "Mark", "z"],
        "code span": ["xy"],
    }


def test_units_say_what_is_covered_eligible_and_drawn() -> None:
    policy = Policy(ratio=0.5, of="eligible", seed=3)
    text = "é of `of` ice cream of's Of " * 20
    result = run(text, lexicon(PHRASES), policy)
    raw = text.encode()
    for unit in result.units:
        assert raw[unit.start : unit.end].decode() == unit.source
        assert (unit.lost is None) is bool(unit.choices)
    assert {(unit.start, unit.end) for unit in result.units if unit.drawn and unit.choices} == {
        (swap.start, swap.end) for swap in result.swaps
    }
    assert 0 < sum(unit.drawn for unit in result.units) < len(result.units)
    assert result.counts.covered == sum(unit.words for unit in result.units if unit.drawn)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # all that stands for an apostrophe makes one word of a contraction
        ("can´t can‘t can′t can＇t can`t can�t can\u0092t", "nicht " * 7),
        ("it´s can ' can", "it´s kann ' kann"),
        ("the dog´s dog‘s", "the Hund´s Hund‘s"),
        # words are looked up without what is not seen, and parted by what is a blank
        ("to\u00adday d\u2060og DO\u200dG's can\u200bdog", "heute Hund HUND's kann\u200bHund"),
        ("\ufeffdog ❤\ufe0fdog", "\ufeffHund ❤\ufe0fHund"),
    ],
)
def test_spellings_of_one_word(text: str, expected: str) -> None:
    spelled = pairs("can't=nicht can=kann it=es dog=Hund today=heute day=Tag to=zu")
    assert swapped(text, spelled).strip() == expected.strip()


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"SPEAKER \w+:", "SPEAKER dog: dog", "SPEAKER dog: x"),
        ("^dog.*$", "dog a dog\na dog", "dog a dog\nx x"),
        ("dog\ndog", "dog\ndog", "x\nx"),  # a match stays within a line
        ("o", "dog cat", "dog x"),
        ("é ", "é dog", "é x"),
        ("a*", "a dog", "a x"),  # what is empty protects nothing
    ],
)
def test_patterns_of_the_user(pattern: str, text: str, expected: str) -> None:
    spelled = dict.fromkeys(("dog", "cat", "a", "é", "speaker"), "x")
    policy = Policy(ratio=1, names="swap", protect="none", protect_pattern=(pattern,))
    assert swapped(text, spelled, policy).casefold() == expected.casefold()
