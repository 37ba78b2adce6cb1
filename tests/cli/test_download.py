"""`link lexicon download`: from a publisher's file to a lexicon that `-l` finds."""

import itertools
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click
import pytest

from link.cli import main
from link.lexicon import Lexicon
from link.lexicon.download.sources import SOURCES as KNOWN_SOURCES
from tests.cli.processes import DEADLINE_SECONDS, wait_for
from tests.helpers import start_link
from tests.publisher import WEB_PAGE, Publisher, Reply, serving

Run = Callable[..., tuple[int, str, str]]
SOURCES = ("muse", "gatitos", "kaikki", "freedict", "apertium")


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """All five sources are mirrored on this machine."""
    with serving() as publisher:
        publisher.publish_all()
        for name in SOURCES:
            monkeypatch.setenv(f"LINK_{name.upper()}_URL", f"{publisher.url}/{name}")
        yield publisher


@pytest.fixture
def run(
    tmp_path: Path,
    publisher: Publisher,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    """`link lexicon download …` in a folder and with a cache of its own; it never waits."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("link.lexicon.download.fetch.time.sleep", lambda _: None)
    monkeypatch.chdir(tmp_path)
    handler = signal.getsignal(signal.SIGTERM)

    def run_link(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["link", "lexicon", "download", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return code, out, err

    yield run_link
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def lexicons(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "link-corpus" / "lexicons"


def words(letters: str, length: int) -> list[str]:
    """Many different words."""
    return ["".join(each) for each in itertools.product(letters, repeat=length)]


def error_of(result: tuple[int, str, str]) -> str:
    """The last line of a request that cannot be carried out."""
    code, out, err = result
    assert (code, out) == (2, "")
    line = err.splitlines()[-1]
    assert line.startswith("link: error: ")
    assert "Traceback" not in err
    return line


@pytest.mark.parametrize(
    ("source", "language", "licence"),
    [
        ("muse", "de", "CC BY-NC 4.0"),
        ("gatitos", "arn", "CC BY 4.0"),
        ("kaikki", "sw", "CC BY-SA 4.0 and GFDL"),
        ("freedict", "de", "GNU General Public License ver. 2.0"),
        ("apertium", "fr", "GPL, see COPYING in https://github.com/apertium/apertium-fra-eng"),
    ],
)
def test_what_was_downloaded_is_found_by_its_name(
    run: Run, source: str, language: str, licence: str
) -> None:
    code, out, err = run(source, language, "--accept-licence")
    assert (code, out) == (0, "")
    name = f"{source}-en-{language}"
    assert f"name it as -l {name}" in err
    found = Lexicon.load(name)
    assert (found.name, found.language, found.licence) == (name, language, licence)
    assert "dog" in found.entries
    assert found.is_canonical


def test_the_licence_is_named_before_anything_is_fetched(run: Run) -> None:
    _, _, err = run("gatitos", "arn")
    lines = err.splitlines()
    assert lines[0] == "link: gatitos: licence: CC BY 4.0"
    assert lines[1].startswith("link: fetching ")


def test_terms_are_to_be_accepted(run: Run, publisher: Publisher, lexicons: Path) -> None:
    error = error_of(run("muse", "de"))
    assert (
        "only be used under the terms of CC BY-NC 4.0; accept them with --accept-licence" in error
    )
    assert publisher.asked == []
    assert not lexicons.exists()


@pytest.mark.parametrize("answer", [True, False])
def test_terms_are_asked_for_on_a_terminal(
    run: Run, publisher: Publisher, monkeypatch: pytest.MonkeyPatch, answer: bool
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    asked: list[str] = []

    def confirm(text: str, *, err: bool) -> bool:
        assert err
        asked.append(text)
        return answer

    monkeypatch.setattr(click, "confirm", confirm)
    assert run("muse", "de", "-q")[0] == (0 if answer else 2)
    assert asked == ["Do you accept these terms?"]
    assert bool(publisher.asked) is answer


def test_several_languages_at_once(run: Run, publisher: Publisher, lexicons: Path) -> None:
    assert run("kaikki", "de", "SWH", "hr")[0] == 0
    assert {path.name for path in lexicons.iterdir()} == {
        "kaikki-en-de.tsv",
        "kaikki-en-sw.tsv",
        "kaikki-en-hr.tsv",
    }
    assert len(publisher.asked) == 1


def test_a_file_may_be_named_instead(run: Run, tmp_path: Path, lexicons: Path) -> None:
    code, _, err = run("freedict", "de", "-o", "new/my.tsv")
    assert code == 0
    assert "written: new/my.tsv; name it as -l new/my.tsv" in err
    assert Lexicon.load(tmp_path / "new" / "my.tsv").name == "freedict-en-de"
    assert not lexicons.exists()


LONG = "".join(f"{word}s\t{word}u\n" for word in words("abcdefghi", 4)).encode()


@pytest.mark.parametrize("with_", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_download_is_resumed(
    run: Run, publisher: Publisher, tmp_path: Path, lexicons: Path, with_: signal.Signals
) -> None:
    publisher.publish("/gatitos/en_arn.tsv", LONG)
    publisher.replies["/gatitos/en_arn.tsv"] = [Reply(cut=60_000, hang=True)]
    part = tmp_path / "cache" / "link-corpus" / "downloads" / "gatitos" / "en_arn.tsv.part"
    with start_link("lexicon", "download", "gatitos", "arn", cwd=tmp_path) as process:
        try:
            wait_for(lambda: part.exists() and part.stat().st_size > 30_000)
        finally:
            process.send_signal(with_)
        _, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == (-9 if with_ == signal.SIGKILL else 130)
    if with_ != signal.SIGKILL:
        assert err.endswith(b"link: error: interrupted; run the same command again to resume\n")
    assert not lexicons.exists()
    assert run("gatitos", "arn", "-q")[0] == 0
    assert publisher.asked[1][1] >= "bytes=30000-"
    assert len(Lexicon.load("gatitos-en-arn").entries) == LONG.count(b"\n")


def test_two_processes_fetch_the_same_file_once(
    run: Run, publisher: Publisher, tmp_path: Path
) -> None:
    publisher.publish("/gatitos/en_arn.tsv", LONG)
    request = ("lexicon", "download", "gatitos", "arn")
    with ExitStack() as stack:
        processes = [stack.enter_context(start_link(*request, cwd=tmp_path)) for _ in range(2)]
        for process in processes:
            _, err = process.communicate(timeout=DEADLINE_SECONDS)
            assert process.returncode == 0, err
    assert len(publisher.asked) == 1
    assert len(Lexicon.load("gatitos-en-arn").entries) == LONG.count(b"\n")


def test_a_bad_file_is_written_only_where_that_is_allowed(
    run: Run, publisher: Publisher, lexicons: Path
) -> None:
    publisher.publish("/gatitos/en_wo.tsv", b"xaj\tdog\nker\thouse\nndox\twater\n")
    error = error_of(run("gatitos", "wo"))
    assert "gatitos-en-wo: source and target seem swapped: 3 of the translations are " in error
    assert "So nothing is written. Look at it with `link lexicon check " in error
    assert not lexicons.exists()
    code, _, err = run("gatitos", "wo", "--allow-bad")
    assert code == 0
    assert "link: gatitos-en-wo: warning, source and target seem swapped" in err
    assert Lexicon.load("gatitos-en-wo").language == "wo"


def test_a_download_of_pairs_that_are_mostly_no_swap_is_no_failure(
    run: Run, publisher: Publisher
) -> None:
    same = "".join(f"{word}s {word}s\n" for word in words("abc", 2))
    publisher.publish("/muse/en-vi.txt", f"{same}dog chó\n".encode())
    code, _, err = run("muse", "vi", "--accept-licence")
    assert code == 0
    assert "dropped, translation is the word itself: 9" in err


def test_what_was_there_before_survives_a_failure(
    run: Run, publisher: Publisher, lexicons: Path
) -> None:
    run("gatitos", "arn")
    before = (lexicons / "gatitos-en-arn.tsv").read_bytes()
    publisher.publish("/gatitos/en_arn.tsv", WEB_PAGE)
    error_of(run("gatitos", "arn", "--force"))
    assert (lexicons / "gatitos-en-arn.tsv").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "no SOURCE given; --list shows them"),
        (("muse",), "no LANG given"),
        (("nope", "de"), "'nope' is not a source of lexicons; choose one of muse, gatitos, kaikki"),
        (("muse", "german"), "'german' is not a language code"),
        (("muse", "en"), "'en' is English"),
        (("muse", "sw"), "muse has no lexicon for sw; it has af, ar"),
        (("muse", "de", "fr", "-o", "x.tsv"), "-o names one file, but there are 2 languages"),
        (("muse", "de", "--base-url", "ftp://x"), "'ftp://x' is not the URL of a mirror"),
        (("gatitos", "xx"), "'xx' is not a language code; did you mean xh (Xhosa)?"),
        (("gatitos", "xh"), "gatitos has no lexicon for xh"),
        (("gatitos", "arn", "--base-url", "http://127.0.0.1:1"), "cannot be reached"),
    ],
)
def test_errors_say_what_to_do(run: Run, arguments: tuple[str, ...], words: str) -> None:
    assert words in error_of(run(*arguments))


def test_the_list_needs_no_network(run: Run, publisher: Publisher) -> None:
    code, out, _ = run("--list")
    rows = [line.split("\t") for line in out.splitlines()]
    assert code == 0
    assert tuple(row[0] for row in rows) == SOURCES
    assert rows[0][1] == "CC BY-NC 4.0, for non-commercial use only"
    assert "mni-Mtei" in run("gatitos", "--list")[1].splitlines()
    assert "not listed here" in run("freedict", "--list")[2]
    assert publisher.asked == []


# --- all languages of a source --------------------------------------------------------------------


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.tsv")}


def let_gatitos_have(monkeypatch: pytest.MonkeyPatch, *languages: str) -> None:
    known = [
        replace(one, languages=languages) if one.name == "gatitos" else one for one in KNOWN_SOURCES
    ]
    monkeypatch.setattr("link.lexicon.download.sources.SOURCES", known)


@pytest.fixture
def two_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    """GATITOS has two languages, of which the first is on the server."""
    let_gatitos_have(monkeypatch, "arn", "wo")


@pytest.mark.usefixtures("two_languages")
def test_all_languages_are_fetched_and_what_failed_is_listed_at_the_end(
    run: Run, publisher: Publisher, lexicons: Path
) -> None:
    code, out, err = run("gatitos", "--all")
    assert (code, out) == (1, "")
    lines = err.splitlines()
    assert "link: gatitos: arn, 1 of 2" in lines
    assert "link: gatitos: wo, 2 of 2" in lines
    assert lines[-2].startswith("link: 1 of 2 languages failed; run the same command again")
    assert lines[-1].startswith("link:   wo: gatitos has had a lexicon for wo, but it is not there")
    assert names(lexicons) == {"gatitos-en-arn.tsv"}

    publisher.publish("/gatitos/en_wo.tsv", b"dog\txaj\nhouse\tker\n")
    publisher.asked.clear()
    code, _, err = run("gatitos", "--all")
    assert code == 0
    assert "gatitos: 2 languages, 1 of them there already" in err
    assert "gatitos: wo, 2 of 2" in err
    assert [path for path, _ in publisher.asked] == ["/gatitos/en_wo.tsv"]
    assert names(lexicons) == {"gatitos-en-arn.tsv", "gatitos-en-wo.tsv"}

    publisher.asked.clear()
    assert run("gatitos", "--all", "--force")[0] == 0
    assert len(publisher.asked) == 2


@pytest.mark.usefixtures("two_languages")
def test_a_failure_in_the_midst_does_not_end_the_others(
    run: Run, publisher: Publisher, lexicons: Path
) -> None:
    publisher.publish("/gatitos/en_arn.tsv", WEB_PAGE)
    publisher.publish("/gatitos/en_wo.tsv", b"dog\txaj\nhouse\tker\n")
    code, _, err = run("gatitos", "--all", "-q")
    assert code == 1
    assert names(lexicons) == {"gatitos-en-wo.tsv"}
    assert "link:   arn: " in err.splitlines()[-1]
    assert "a web page instead of the file" in err.splitlines()[-1]


def test_a_killed_run_of_all_goes_on_where_it_was(
    run: Run,
    publisher: Publisher,
    tmp_path: Path,
    lexicons: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publisher.publish("/gatitos/en_aa.tsv", b"dog\tkuta\nhouse\tqari\n")
    publisher.publish("/gatitos/en_arn.tsv", LONG)
    publisher.replies["/gatitos/en_arn.tsv"] = [Reply(cut=60_000, hang=True)]
    part = tmp_path / "cache" / "link-corpus" / "downloads" / "gatitos" / "en_arn.tsv.part"
    with start_link("lexicon", "download", "gatitos", "--all", cwd=tmp_path) as process:
        try:
            wait_for(lambda: part.exists() and part.stat().st_size > 30_000)
        finally:
            process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 130, err
    assert names(lexicons) == {"gatitos-en-aa.tsv"}
    publisher.asked.clear()
    let_gatitos_have(monkeypatch, "aa", "arn")
    assert run("gatitos", "--all", "-q")[0] == 0
    [(path, range_)] = publisher.asked
    assert path == "/gatitos/en_arn.tsv"
    assert range_ >= "bytes=30000-"
    assert len(Lexicon.load("gatitos-en-arn").entries) == LONG.count(b"\n")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("freedict", {"freedict-en-de.tsv"}),
        (
            "kaikki",
            {"kaikki-en-de.tsv", "kaikki-en-sh.tsv", "kaikki-en-sw.tsv", "kaikki-en-zh.tsv"},
        ),
    ],
)
def test_languages_that_only_the_server_tells_are_all_fetched(
    run: Run,
    publisher: Publisher,
    lexicons: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    found: set[str],
) -> None:
    monkeypatch.setattr("link.lexicon.download.files.MOST_AT_ONCE", 3)
    code, _, err = run(source, "--all")
    assert code == 0, err
    assert names(lexicons) == found
    assert f"{len(found)} of {len(found)}" in err
    assert len({path for path, _ in publisher.asked}) == len(publisher.asked)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("gatitos", "arn", "--all"), "--all is every language; leave out LANG"),
        (("gatitos", "--all", "-o", "x.tsv"), "-o names one file"),
        (("muse", "--all"), "accept them with --accept-licence"),
    ],
)
def test_what_goes_with_all_is_said(run: Run, arguments: tuple[str, ...], words: str) -> None:
    assert words in error_of(run(*arguments))
