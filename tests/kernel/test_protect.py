"""What is protected and what is not, rule by rule; both kernels, every spelling of a text.

In these texts `cat`, `catcat` and `cat_cat` stand where no word may be swapped, and every other
word of `SWAPPED` where it must be.
"""

import re
from collections.abc import Sequence

import pytest

from link.language.rules import LOST_TO
from link.kernel.rules import CODE, EMAILS, MARKUP, PROTECT, RULES, URLS
from link.policy import Policy
from tests.kernel.helpers import block_of, both, fast, headwords_of, swapped_text
from tests.strategies import make_block

PROTECTED = ("cat", "catcat", "cat_cat")
SWAPPED = "dog dogs and or he she yes no wait what mail a b c e s as us is".split()
HEADWORDS = headwords_of({word: f"{word}zz" for word in (*PROTECTED, *SWAPPED)})


def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    """Any of some words, where it is a whole word (underscores around it aside)."""
    longest_first = "|".join(sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![^\W_])(?<!\w')({longest_first})(?![^\W_])")


_SWAPPED_WORDS = _any_of(SWAPPED)
_ALL_WORDS = _any_of((*PROTECTED, *SWAPPED))


def _policy(*protect: str) -> Policy:
    return Policy(ratio=1, names="swap", protect=protect)


def _expected(text: str) -> str:
    return _SWAPPED_WORDS.sub(r"\1zz", text)


HOLDS = {
    "url": [
        "dog http://cat.org/cat dog",
        "(https://cat/(cat)/cat?cat=cat&cat) dog",
        "dog,https://cat:80/cat,cat;cat|cat dog",
        "<https://cat.org/cat>dog",
        '"http://cat.org/cat"dog',
        "`http://cat`dog",
        "svn+ssh://cat dog",
        "www.cat.org dog",
        "dog (www.cat.org/cat,cat) dog",
        "http://cat.org/cat\ndog",
        "cat-http://cat\u00a0dog",
    ],
    "email": [
        "dog cat@cat.org, dog",
        "cat.cat+cat@cat dog",
        "@cat dog",
        "dog (@cat) dog",
        ".@cat dog",
        "#cat dog",
        "dog #cat_cat, #cat; dog",
        "cat#cat dog",
        "@犬cat cat-@é dog",
    ],
    "path": [
        "/usr/cat/cat dog",
        "dog /cat dog",
        "dog (/cat), dog",
        "/.cat dog",
        "./cat dog",
        "../cat dog",
        "~/cat dog",
        "cat/cat/cat dog",
        "/é/cat dog",
        "k:\\cat dog",
        "K:\\cat\\cat dog",
        "cat//cat dog",
    ],
    "version": [
        "1.2.3-cat dog",
        "cat-1.2.3 dog",
        "v1.2-cat dog",
        "V10.0-cat, dog",
        "cat/1.2.3 dog",
    ],
    "identifier": [
        ".. cat:: dog",
        "cat.cat dog",
        "dog cat.cat: dog",
        "cat.py dog",
        "x=cat dog",
        "cat=1 dog",
        "cat='x' dog",
        "cat=-1 dog",
        "cat_cat dog",
        "dog cat::cat dog",
        "::cat dog",
        "--cat dog",
        "(--cat-cat=cat) dog",
        "dog $cat dog",
        "${cat} dog",
        "${cat:-cat} dog",
        "cat() dog",
        "cat-cat('dog') dog",
        'cat("dog") dog',
        "cat(1) dog",
        "cat(*a) dog",
        "1.cat dog",
        "cat.__cat dog",
        "catCat dog",
        "cat.é dog",
    ],
    "code span": [
        "`cat` dog",
        "dog`cat`dog",
        "dog `cat`, dog `cat`.",
        "``cat ` cat`` dog",
        "`cat cat\ncat` dog",
        "` cat ` dog",
        "`cat ``cat`` cat` dog",
    ],
    "fence": [
        "dog\n```\ncat cat\n\ncat\n```\ndog",
        "dog\n\n```cat\ncat",
        "dog\n\n~~~\ncat\n\n\ncat\n",
        "~~~\ncat\n```\ncat\n~~~\ndog",
        "````\ncat\n```\ncat\n```\ncat\n````\ndog",
        "```\ncat\n`````\ndog",
        "> ```\n> cat\n> ```\ndog",
        " > > ~~~ cat\ncat\n~~~\ndog",
        "  ```cat cat\ncat\n\t``` \t\ndog",
        "```\ncat\n```cat\ncat\n```\ndog",
        "~~~ `cat`\ncat\n~~~\ndog",
        "```\r\ncat\r\n```\r\ndog",
        "```\ncat\n```\ndog\n```\ncat",
    ],
    "math": [
        "$cat$ dog",
        "dog $cat + cat$, dog",
        "$cat\ncat$ dog",
        "($cat$) dog",
        "$$cat$$ dog",
        "$$ cat\ncat $$ dog",
        "\\(cat\\) dog",
        "\\[ cat \n cat \\] dog",
    ],
    "indented": [
        "dog::\n\n    cat cat\n\n    cat\n\ndog",
        "dog::  \n \n  cat\n    cat\n\n\n cat\ndog",
        "- dog::\n\n      cat\n\n  cat\n\n- dog",
        "::\n\n  cat\n\n\tcat\n\ndog",
        ".. code::\n   cat\n\n   cat\n\ndog",
        "  .. code-block:: cat\n\n    cat\n\n  dog",
        "  .. sourcecode:: cat\n     :cat: cat\n\n     cat\n  dog",
        "dog::\n\n    cat::\n\n        cat\n\n  cat\ndog",
        "dog\n\n    cat = cat\n    cat\n    cat\n\ndog",
        "dog\n \n\tcat (cat) {\n\t\tcat\n\t}\n\ndog",
        "    cat > cat",
        "dog\n\n   \tcat \\ cat\n\ndog",
        "$ cat cat\ndog",
        "dog\n  $ cat -cat\ndog",
        "$ ./k -cat",
        "dog\n>>> cat = cat\ndog",
        ">>> cat < cat",
    ],
    "tag": [
        "<!-- cat\n\ncat --> dog",
        "dog\n  <!--cat\n\ncat\n\n--> dog\n\ndog",
        "> <!-- cat\n>\n> cat\n> --> dog",
        "<!-- cat\n\ncat",  # never closed
        "<pre>\ncat\n\ncat</pre> dog",
        "<pre\nclass='cat'>\n\ncat\n</pre>dog",
        "<script>\n\n```\ncat\n</script>\n\ndog",
        "<style>cat\n\n<!-- cat </style>\n\ndog",
        "<cat>dog</cat>",
        '<k cat="cat">dog',
        "<cat/>dog<cat cat/>dog",
        "</cat cat>dog",
        "<!cat cat>dog",
        "<?cat cat?>dog",
        "<k\ncat='cat'>dog",
        "<!-- cat\ncat > cat <cat -->dog",
        "<cat-cat>dog",
    ],
    "entity": ["&cat; dog", "dog&cat;dog", "&cat;&cat; dog"],
    "latex": [
        "\\cat dog",
        "\\cat{dog} dog",
        "\\cat\\cat dog",
        "\\cite{cat} dog",
        "\\citep*[cat][cat]{cat,cat cat} dog",
        "\\eqref{cat:cat} dog",
        "\\begin{cat} dog \\end{cat}",
        "\\label{cat}dog",
        "\\usepackage[cat]{cat} dog",
        "\\input{cat/cat} dog",
        "\\href{cat}{dog}",
        "\\bibliographystyle{cat} dog",
    ],
    "link": [
        "[dog](cat) dog",
        "[dog](cat-cat) dog",
        '[dog](cat "cat") dog',
        "![dog](cat)dog",
        "[dog][b](cat",
    ],
}
HOLDS_NOT = {
    "url": ["http: dog", "dog:/ dog", "www dog", "www. dog", "dog // dog", "wwww.\ndog"],
    "email": [
        "##dog",
        "dog @ dog",
        "# dog",
        "## dog",
        "c# dog",
        "#1 dog",
        "dog@ dog",
        "@, dog",
        "e-mail",
    ],
    "path": ["and/or", "he/she dog", "dog / dog", "24/7 dog", "a/b dog", "dog/ dog", ". / dog"],
    "version": ["3.5 dog", "3.5-dog", "1.2,3.4-dog", "v1-dog", "v.1 dog", "1. dog", "no. 1.5 dog"],
    "identifier": [
        "dog::\n dog",
        "dog,--dog",
        *("wait...what", "wait..what", "dog. dog", 'dog." dog', "dog.\ndog", "dog.1 dog"),
        *("dog = dog", "dog= dog", "dog =dog", "dog == dog", "_dog_ dog_", "dog: dog"),
        *("dog -- dog", "dog--dog", "--- dog", "-dog", "dog - dog", "- dog", "--1 dog", "dog:dog"),
        *("dog(s)", "dog (dog)", "dog(dog)", "dog( dog", "$5 dog", "$5", "dog$ dog", "$5.00 dog"),
        *("dog $ dog", "dog !=dog", "dog; dog", "dog,dog", "dog's", "dog+dog", "dog&dog"),
    ],
    "code span": [
        *("`dog dog", "`yes' and `no'", "``yes'' and ``no''", "`dog\n\ndog`", "``dog` dog"),
        *("dog ` dog", "`dog\n \t\ndog`", "dog` dog", "`dog dog `"),
    ],
    "fence": [
        "dog\n~~~\ndog\n\ndog",
        *("~~\ndog\n~~", "dog ~~~ dog\ndog", "dog ```\ndog", "``` dog ` dog\n\ndog", "~ ~ ~\ndog"),
        *("- ```\ndog", "1 ~~~\ndog"),
    ],
    "math": [
        *(
            "$5 and $10",
            "$5 dog $6",
            "dog $ dog $ dog",
            "5$ and 10$ dog",
            "$$ dog",
            "us$5 and us$6",
        ),
        *(
            "\\(dog\n\ndog\\)",
            "\\[ dog\n \ndog \\]",
            "$5 dog (us$)",
            "$5 dog, a$, dog",
            "$ 5 dog$",
            "dog $.5 dog $ dog",
        ),
    ],
    "indented": [
        "dog::\n\ndog",  # nothing is indented more
        "  dog::\n\n  dog\n dog",
        "dog::\n    dog",  # no blank line between
        "dog:: dog\n\n    dog",
        "dog:\n\n    dog",
        ".. cat:: dog\n\n    dog",
        "  .. cat::\n\n    dog",
        ".. code:\n\n    dog",
        "    dog dog,\n    and dog\n\n    dog",
        "dog\n    dog = dog",
        "    dog < b\n    dog\n    dog\n    dog",
        "  dog = dog",
        "__dog__ dog",
        "\u00a0 \u3000dog; dog",
        ">>> dog, dog",
        ">> dog = dog",
        "> dog < dog",
        "dog $ dog",
        "$ 5 dog",
    ],
    "tag": [
        "x <pre>\n\ndog",
        "<prex>\n\ndog",
        "\\<!-- dog",
        *("a < b", "<3 dog", "dog <dog dog> dog", "a <b dog", "dog > dog", "<dog\n\ndog>"),
        *(
            "dog <- dog -> dog",
            "x <!-- dog\n\ndog -->",
            "< dog>",
            "<dog",
            "dog>",
            "<>dog",
            "a <= b",
        ),
        *("<dog <dog dog>",),
    ],
    "entity": ["&dog dog", "dog & dog; dog", "a&b dog", "&;dog", "& dog;", "&dog-dog;"],
    "latex": ["\\ dog", "\\1 dog", "dog \\\\ dog", "{dog}", "\\\ndog"],
    "link": ["[dog] (dog)", "[dog][dog]", "[dog]: dog", "(dog)[dog]"],
}


@pytest.mark.parametrize(
    ("rule", "text"), [(rule, text) for rule, texts in HOLDS.items() for text in texts]
)
def test_no_word_is_swapped_where_a_rule_holds(rule: str, text: str) -> None:
    expected = _expected(text)
    assert swapped_text(text, HEADWORDS, _policy(RULES[rule])) == expected
    assert swapped_text(text, HEADWORDS, _policy(*PROTECT)) == expected
    counts = fast(block_of(text.encode()), HEADWORDS, _policy(RULES[rule])).counts
    assert counts.lost[LOST_TO.index(rule)] > 0
    assert counts.lost.sum() == (counts.covered - counts.eligible).sum()


@pytest.mark.parametrize(
    "text", [text for texts in HOLDS.values() for text in texts if "catC" not in text]
)
def test_where_nothing_is_protected_every_word_is_swapped(text: str) -> None:
    new = swapped_text(text, HEADWORDS, _policy())
    assert new == _ALL_WORDS.sub(lambda match: f"{match[1]}zz", text)


@pytest.mark.parametrize(
    ("rule", "text"), [(rule, text) for rule, texts in HOLDS_NOT.items() for text in texts]
)
def test_every_word_is_swapped_where_a_rule_almost_holds(rule: str, text: str) -> None:
    assert swapped_text(text, HEADWORDS, _policy(*PROTECT)) == _expected(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (URLS, "dog@dog dog/dog/dog <dog> `dog` www.cat"),
        (EMAILS, "http://dog dog/dog/dog <dog> `dog` @cat"),
        (CODE, "www,dog @dog <dog> &dog; [dog](dog) `cat`"),
        (MARKUP, "http://dog @dog dog/dog/dog `dog` dog.dog --dog <cat>"),
    ],
)
def test_each_kind_is_asked_for_on_its_own(kind: str, text: str) -> None:
    assert swapped_text(text, HEADWORDS, _policy(kind)) == _expected(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("dog ```\n`dog", "dog` dog"),
        ("```\ncat", "dog\n```\ncat"),
        ("~~~\ncat", "dog"),
        ("dog@", "dog"),
        ("#", "dog"),
        ("http:", "//dog"),
        ("dog.", "dog"),
        ("dog=", "a"),
        ("<dog", "dog=a>"),
        ("\\cite{dog", "dog}"),
        ("&dog", ";dog"),
        ("[dog]", "(dog)"),
        ("dog $", "dog$ dog"),
        ("dog\n    cat = b", "dog"),
        ("\\(dog", "dog\\)"),
        ("<!-- dog", "dog -->"),
        ("dog(", ") dog"),
        ("dog -", "-dog"),
        ("dog/dog", "/dog"),
        ("dog::", "    dog"),
        ("dog::\n\n    cat", "    dog"),
        ("<!--\n\ncat", "dog -->"),
        ("<pre>\n\ncat", "dog"),
    ],
)
@pytest.mark.parametrize("between", [b"", b"/", b"`", b"\n"])
def test_no_rule_looks_beyond_the_document_even_where_documents_touch(
    one: str, other: str, between: bytes
) -> None:
    alone = [
        both(block_of(text.encode()), HEADWORDS, _policy(*PROTECT))[0] for text in (one, other)
    ]
    documents = [one.encode(), other.encode()]
    block = make_block(documents, [between, between], [7, 7], False, tail=between)
    assert both(block, HEADWORDS, _policy(*PROTECT)) == alone


@pytest.mark.parametrize("protect", [(), *((kind,) for kind in PROTECT), PROTECT])
def test_words_are_counted_whether_protected_or_not(protect: tuple[str, ...]) -> None:
    text = "dog http://cat.org <cat> `cat` cat@cat dog"
    counts = fast(block_of(text.encode()), HEADWORDS, _policy(*protect)).counts
    assert (counts.words.tolist(), counts.covered.tolist()) == ([9], [7])


def test_of_several_rules_that_hold_the_first_is_counted() -> None:
    """So that the counts of all rules sum up to the words that are lost."""
    counts = fast(block_of(b"`http://cat` <cat> `@cat`"), HEADWORDS, _policy(*PROTECT)).counts
    lost = {rule: int(n) for rule, n in zip(LOST_TO, counts.lost, strict=True) if n}
    assert lost == {"url": 1, "tag": 1, "email": 1}
