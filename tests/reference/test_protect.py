"""Protected spans: which words of a text each rule takes, and what a rule almost takes."""

import pytest

from link.language.rules import PATTERNS, RULES
from link.policy import Policy
from tests.reference.helpers import AS_USUAL, lost

# Rule -> text -> the words that it takes; the others stay, `dog` among them.
TAKES = {
    "url": {
        "dog http://a.org/(b),c;d dog": "http a org b c d",
        "(dog,x-https://a:80/b|c) dog": "x https a b c",
        "<http://a>dog": "http a",
        '"http://a"dog `http://b` dog': "http a http b",
        "http://a“dog” http://b{dog}": "http a http b",
        "www.a dog 犬www.b": "www a",
        "http://a’s\u3000dog": "http a’s",
    },
    "email": {
        "dog a.b@c, dog": "a b c",
        "(@é) .@b #_c a#d ##dog": "é b c a d",
        "dog@ @, # c# #1": "",
    },
    "identifier": {
        "os.path a.__b 1.c d.é": "os path a b c d é",
        "x=a b='c' e=-1 dog=“dog”": "x a b c e",
        "a_b a\u0301_c ::d e::f": "a_b a\u0301_c d e f",
        "--a (--b=c) {--dog [--dog `--dog": "a b c",
        "$a $_dog c/d/e f//g": "a c d e f g",
        "/a (/.b) ./c ../d ~/e C:\\f": "a b c d e C f",
        'a() b-c("dog") d(1)\n\ne(*f) g(’s)': "a b c d e",
        ":a:`dog\n\ndog :b-c:`dog dog:d: (:dog dog: :e:": "a b c e",
        ".. a:: dog\n  .. b-c:: dog\n..dog:: . dog:: dog ..  dog:: .. d::": "a b c d",
        "a#1 b-c/d#23 #4 C# 5#6 dog #dog": "a b c d",
        "his/her/their Or/x/y his/her/dog": "",
        "a/b/c hiss/b/d x/nor/y": "a b c hiss b d x nor y",
        "a\\'b dog'b dog\\ 'dog": "a b",
        "and/or dog... dog. dog a..b a.1": "",
        "dog=dog”": "dog dog",
        "dog= dog== _dog_ dog: dog:: dog": "",
        "dog--dog, --1 dog(s) dog(dog) $5": "",
        "DOg 1.5 v1.2-dog": "",
        "“./a” dog": "a",
    },
    "placeholder": {
        "{{a}} ${B} {c-d} {dog e} f{dog}": "a B c d",
        "{-dog} {犬}": "犬",
        "{{ a b }} {{{c}}} {% d %} <% e\n%> <%= f %>": "a b c d e f",
        "{{ dog\n\n}} {{ dog } %} dog {% dog": "",
        "<|a|>b\ndog <|c|>d<|e|> dog |>g-f dog": "a b c d e f g",
        "%(a)s %(b-c dog)": "a b c",
        "<|a|> <|b-c dog|>": "a b c",
    },
    "entity": {"&a; &#b; d&c;dog e&f&g;": "a b c d e f g", "&dog &;dog & dog; &dog-dog;": ""},
    "latex": {
        "\\a dog \\b{dog}x": "a b",
        "\\begin{a} \\label{b c} \\pageref{d} \\citep{e}": "begin a label b c pageref d citep e",
        "\\ref {dog x} \\ref*{dog x} \\cite[dog]{b}x": "ref ref cite",
        "\\input{a\nb} \\input{{dog x}}": "input input",
        "\\ dog \\1 dog": "",
    },
    "link": {
        "[dog](a b) dog": "a b",
        "[dog][a b] dog [dog][]": "a b",
        "[dog](a-b dog": "a b",
        "[dog](a\nb)": "a",
        "[a b]: c dog\n\t[d]: e-f": "a b c d e f",
        "[a]:dog\n[b]:  dog\n[^c]: dog": "a b c",
        "[dog] (dog) [dog]:\nx [dog]: dog [dog\na]: dog": "",
    },
    "tag": {
        "<a>dog</b> <c d='e'> <f/> <g h/>": "a b c d e f g h",
        "</a b>dog<!c d>dog<?e f?>": "a b c d e f",
        "<a\nb='c'>dog": "a b c",
        "<!-- a\n\nb --> dog": "a b",
        "x <!-- a ``` $b$ \n```\n--> dog": "a b",
        "a < b <dog dog> <dog x <-dog > <dog\n\na='b'> < dog>": "",
        "<!-- dog\n\ndog <!-- dog": "",
    },
    "code span": {
        "`a` dog ``b ` c`` dog": "a b c",
        "`a\nb` dog": "a b",
        "dog `a `b` c` dog": "a b",
        "`a `` b` dog": "a b",
        "`dog\n\ndog` ` dog ` dog` `dog": "",
        "``dog` dog `yes' and `no'": "",
    },
    "fence": {
        "dog\n```a\nb\n\nc\n```\ndog": "a b c",
        "~~~\na\n```\nb\n~~~ \t\ndog": "a b",
        "> ```\n> a\n> ```\ndog": "a",
        "```\na\n`````\nb\n```\ndog": "a b",
        "````\na\n```\nb\n````\ndog": "a b",
        "dog\n\n~~~\na\n\nb": "a b",
        "``` dog ` dog\n\ndog": "",
        "dog\n~~~\ndog\n~~ dog\ndog ```\ndog": "",
    },
    "math": {
        "$a$ dog ($b\nc$)": "a b c",
        "$$a b$$ dog $$ c $$": "a b c",
        "\\(a\\) dog \\[b \n c\\]": "a b c",
        "$5 dog $6 dog $$$dog$$$": "",
        "$dog $ dog$x": "",
        "us$5, us$": "",
        "\\(dog\n\ndog\\) \\(dog\\]": "",
    },
}
CASES = [(rule, *case) for rule, texts in TAKES.items() for case in texts.items()]


@pytest.mark.parametrize(("rule", "text", "expected"), CASES)
def test_a_rule_takes_these_words_and_no_others(rule: str, text: str, expected: str) -> None:
    policy = Policy(ratio=1, names="swap", protect=RULES[rule])
    taken = lost(text, policy).get(rule, [])
    assert sorted(taken) == sorted(expected.split())


@pytest.mark.parametrize(("rule", "text", "expected"), CASES)
def test_which_kinds_are_asked_for_changes_no_span(rule: str, text: str, expected: str) -> None:
    kinds = set(RULES.values()) - {PATTERNS}
    alone = [lost(text, Policy(ratio=1, names="swap", protect=kind)) for kind in kinds]
    together = lost(text)
    for each in alone:
        assert {word for words in each.values() for word in words} <= {
            word for words in together.values() for word in words
        }
    assert lost(text, Policy(ratio=1, names="swap", protect="none")) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # what opens first has the last word, and nothing in it opens anything
        ("`a $b` c$ dog", {"code span": ["a", "b"]}),
        ("$a `b$ dog` dog", {"math": ["a", "b"]}),
        ("```\n<!-- a\n```\n\ndog -->", {"fence": ["a"]}),
        ("<!--\n```\na -->\ndog", {"tag": ["a"]}),
        # an opening that nothing closes is passed over
        ("`dog $a$ dog", {"math": ["a"]}),
        ("<!-- `a` dog", {"code span": ["a"]}),
        # backticks of a line that opens a fence are no run
        ("`dog ``` x\n```\na", {"fence": ["a"]}),
        ("`dog\n~~~ a`\nb", {"fence": ["a", "b"]}),
    ],
)
def test_pairs_are_found_left_to_right(text: str, expected: dict[str, list[str]]) -> None:
    assert lost(text) == expected


def test_a_word_that_several_rules_take_counts_for_the_first() -> None:
    assert lost("`http://a @b c`") == {
        "url": ["http", "a"],
        "email": ["b"],
        "code span": ["c"],
    }
    assert lost("x `Dog dog`", AS_USUAL) == {"names": ["x", "Dog"], "code span": ["dog"]}


def test_a_word_is_taken_if_any_character_of_it_is() -> None:
    assert lost("x_y'zA") == {"identifier": ["x_y'zA"]}
    assert lost("a.b's") == {"identifier": ["a", "b's"]}


@pytest.mark.parametrize("token", ["[x](", "`` a", "$a ", "<!-- ", "\\ref{", "[x][", "<a ", "\\(x"])
def test_of_many_openings_that_nothing_closes_none_reaches_far(token: str) -> None:
    taken = lost(f"{token * 200}\n\ndog {token * 200} dog")
    taken.pop("code line", None)  # which many braces make of a paragraph
    assert "dog" not in [word for words in taken.values() for word in words]
