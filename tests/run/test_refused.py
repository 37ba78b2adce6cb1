"""What a run refuses, and what --overwrite does."""

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from link.errors import LexiconError, UsageError
from link.lexicon import Lexicon
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.run.estimate import estimate
from link.run.folder import RunFolder
from link.run.plan import RunSpec, plan
from link.shards.fields import Fields
from link.shards.files import open_input
from tests.helpers import RECORDS, data_tree, edit_record, tree
from tests.run.helpers import run, spec_of


def changed(text: str) -> str:
    """The text with one bit of it changed, of the same length."""
    return ("b" if text[0] == "a" else "a") + text[1:]


# --- what is refused ------------------------------------------------------------------------------


def _refused(spec: RunSpec, *words: str) -> None:
    """The run is refused in words, and everything in the output folder stays as it is."""
    assert spec.output is not None
    before = tree(spec.output)
    with pytest.raises(UsageError) as raised:
        run(spec)
    message = str(raised.value)
    assert "\n" not in message
    for word in words:
        assert word in message
    assert tree(spec.output) == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"policy": Policy(ratio=0.5, seed=5)}, ("policy.ratio was 0.3, now 0.5",)),
        ({"policy": Policy(of="eligible", seed=5)}, ('policy.of was "words", now "eligible"',)),
        ({"policy": Policy(portion=0.5, seed=5)}, ("policy.portion was 1.0, now 0.5",)),
        ({"policy": Policy(seed=6)}, ("seed was 5, now 6",)),
        (
            {"policy": Policy(seed=5, translation="first", ratio=0.1)},
            ("policy.translation", "policy.ratio"),
        ),
        ({"fields": Fields(("body",))}, ('text_field was ["text"], now ["body"]',)),
        ({"fields": Fields(key="id")}, ('key_field was null, now "id"',)),
        ({"compression": ("zst", 3)}, ('compression was null, now "zst:3"',)),
        (
            {"lexicons": Lexicons.of([Lexicon.from_pairs([("dog", "Hund")])])},
            ("lexicons was", "sha256"),
        ),
        ({"swaps": True}, ("swaps was false, now true",)),
        ({"fields": Fields(mark="link")}, ('mark was null, now "link"',)),
    ],
)
def test_another_run_in_the_folder_is_refused_with_the_difference(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, change: Mapping[str, Any], words: Sequence[str]
) -> None:
    spec = spec_of(corpus, tmp_path / "out", lexicon)
    run(spec)
    _refused(replace(spec, **change), *words, "--overwrite", str(tmp_path / "out"))


@pytest.mark.parametrize(
    ("change", "jobs"),
    [({}, 2), ({"container": "arrow"}, 1), ({"swaps": True, "policy": Policy(seed=6)}, 1)],
)
def test_a_run_that_published_nothing_holds_no_folder(
    tmp_path: Path, lexicon: Lexicon, change: Mapping[str, Any], jobs: int
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(b'{"message":"the dog"}\n')
    assert run(spec_of(tmp_path / "in", tmp_path / "out", lexicon, jobs=jobs)).failed
    for folder in ("out", "fresh"):
        corrected = {**change, "fields": Fields(("message",))}
        assert not run(spec_of(tmp_path / "in", tmp_path / folder, lexicon, **corrected)).failed
    assert tree(tmp_path / "out") == tree(tmp_path / "fresh")


def test_inputs_that_failed_are_forgotten_with_the_run_that_named_them(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    (tmp_path / "bad.jsonl").write_bytes(b"no JSON\n")
    assert run(spec_of([str(tmp_path / "bad.jsonl")], tmp_path / "out", lexicon)).failed
    for folder in ("out", "fresh"):
        run(spec_of(corpus, tmp_path / folder, lexicon))
    assert tree(tmp_path / "out") == tree(tmp_path / "fresh")


@pytest.mark.parametrize("left", ["a.jsonl", RECORDS])
def test_one_published_shard_or_its_record_holds_the_folder(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, left: str
) -> None:
    spec = spec_of(corpus, tmp_path / "out", lexicon)
    run(spec)
    for name in tree(tmp_path / "out"):
        if name != left and (name[0] != "_" or name.startswith("_link/records")):
            (tmp_path / "out" / name).unlink()
    _refused(replace(spec, policy=Policy(seed=6)), "seed was 5, now 6", "--overwrite")


@pytest.mark.parametrize(("key", "value"), [("kernel_version", 999), ("version", "0.0.1")])
def test_a_folder_of_another_version_is_refused(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, key: str, value: object
) -> None:
    spec = spec_of(corpus, tmp_path / "out", lexicon)
    run(spec)
    path = tmp_path / "out" / "_link" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    _refused(spec, f"{key} was {json.dumps(value)}", "--overwrite")


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b'{"text":"one more"}\n')


def _edit(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"0", b"1"))


def _edit_and_put_the_time_back(path: Path) -> None:
    status = path.stat()
    _edit(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _replace_by_another_of_that_time(path: Path) -> None:
    shutil.copy2(path, path.with_suffix(".tmp"))
    _edit_and_put_the_time_back(path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)


@pytest.mark.parametrize(
    "change", [_append, _edit, _edit_and_put_the_time_back, _replace_by_another_of_that_time]
)
def test_a_changed_input_is_refused_by_name(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, change: Callable[[Path], None]
) -> None:
    spec = spec_of(corpus, tmp_path / "out", lexicon)
    run(spec)
    change(corpus / "a.jsonl")
    _refused(spec, str(corpus / "a.jsonl"), "has changed", "--overwrite")


def _touch(path: Path) -> None:
    os.utime(path, ns=(1, 1))


def _copy(path: Path) -> None:
    shutil.copy(path, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)


@pytest.mark.parametrize("change", [_touch, _copy, lambda path: path.chmod(0o600)])
def test_an_input_of_the_same_bytes_is_the_same_whatever_its_times(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, change: Callable[[Path], None]
) -> None:
    spec = spec_of(corpus, tmp_path / "out", lexicon)
    run(spec)
    before = data_tree(tmp_path / "out")
    change(corpus / "a.jsonl")
    assert run(spec).done_before == 5
    assert data_tree(tmp_path / "out") == before
    (corpus / "a.jsonl").touch()
    assert estimate(spec, plan(spec), lambda _: None).bytes_to_read == 0


def test_what_was_read_to_tell_that_it_is_the_same_is_not_read_again(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_of(corpus, tmp_path / "out", lexicon)
    run(spec)
    _touch(corpus / "a.jsonl")
    read: list[str] = []

    def opened(path: str) -> AbstractContextManager[BinaryIO]:
        read.append(path)
        return open_input(path)

    monkeypatch.setattr("link.run.run.open_input", opened)
    for _ in range(2):
        run(spec)
    assert read == [str(corpus / "a.jsonl")]


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", ["precious.txt", "a.jsonl", ".hidden", "folder/x"])
def test_a_folder_that_holds_something_else_is_refused(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, name: str, overwrite: bool
) -> None:
    out = tmp_path / "out"
    (out / name).parent.mkdir(parents=True)
    (out / name).write_bytes(b"precious")
    spec = spec_of(corpus, out, lexicon, overwrite=overwrite)
    _refused(spec, str(out), "holds something else", name.split("/")[0])
    assert tree(out) == {name: b"precious"}


def test_an_output_that_is_a_file_is_refused(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    (tmp_path / "out").write_bytes(b"precious")
    for out in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(UsageError, match=re.escape(str(out))):
            run(spec_of(corpus, out, lexicon))
    assert (tmp_path / "out").read_bytes() == b"precious"


@pytest.mark.parametrize("below", ["", "out", "sub/out"])
def test_an_output_inside_the_input_is_refused(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, below: str
) -> None:
    before = tree(corpus)
    with pytest.raises(UsageError, match="lies inside the input"):
        run(spec_of(corpus, corpus / below, lexicon))
    (tmp_path / "link").symlink_to(corpus)
    with pytest.raises(UsageError, match="lies inside the input"):
        run(spec_of(corpus, tmp_path / "link" / below, lexicon))
    assert tree(corpus) == before


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("inputs", ["a.jsonl", "*.jsonl"])
def test_a_shard_is_never_written_over_itself(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, inputs: str, overwrite: bool
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon))
    before = data_tree(out)
    with pytest.raises(UsageError):
        run(spec_of([str(out / inputs)], out, lexicon, overwrite=overwrite))
    assert data_tree(out) == before


def test_two_inputs_of_one_output_name_are_refused_before_any_work(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    inputs = [str(corpus), str(corpus / "a.jsonl")]
    with pytest.raises(UsageError, match=r"would both be written to a\.jsonl"):
        plan(spec_of(inputs, tmp_path / "out", lexicon))
    (corpus / "b.jsonl").write_bytes(b"")
    with pytest.raises(UsageError, match=r"would both be written to b\.jsonl\.zst"):
        plan(spec_of(corpus, tmp_path / "out", lexicon, compression=("zst", None)))
    assert not (tmp_path / "out").exists()


def test_a_second_run_is_refused_while_the_first_is_at_work(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    spec = spec_of(corpus, tmp_path / "out", lexicon)
    with RunFolder(tmp_path / "out").locked():
        _refused(spec, "another run is at work", str(tmp_path / "out"))
        _refused(replace(spec, overwrite=True), "another run is at work")
    assert run(spec).shards == 5


def test_lexicons_of_two_languages_are_refused(lexicon: Lexicon) -> None:
    other = Lexicon.from_pairs([("dog", "chien")], language="fr")
    with pytest.raises(LexiconError, match="de, fr"):
        Lexicon.merged([lexicon, other])


def test_a_file_that_no_run_has_written_is_not_replaced(tmp_path: Path, lexicon: Lexicon) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(b'{"text":"dog"}\n')
    run(spec_of(tmp_path / "in", tmp_path / "out", lexicon))
    (tmp_path / "out" / "b.jsonl").write_bytes(b"mine")
    (tmp_path / "in" / "b.jsonl").write_bytes(b'{"text":"dog"}\n')
    with pytest.raises(UsageError, match="not this run's"):
        run(spec_of(tmp_path / "in", tmp_path / "out", lexicon))
    assert (tmp_path / "out" / "b.jsonl").read_bytes() == b"mine"


def test_a_damaged_run_file_is_an_error_that_names_it(tmp_path: Path, lexicon: Lexicon) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(b'{"text":"dog"}\n')
    run(spec_of(tmp_path / "in", tmp_path / "out", lexicon))
    (tmp_path / "out" / "_link" / "run.json").write_text("{")
    with pytest.raises(UsageError, match=r"run\.json is damaged"):
        run(spec_of(tmp_path / "in", tmp_path / "out", lexicon))
    run(spec_of(tmp_path / "in", tmp_path / "out", lexicon, overwrite=True))


# --- overwriting ----------------------------------------------------------------------------------


def test_overwriting_leaves_nothing_of_the_former_run(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon, compression=("gz", None)))
    (corpus / "a.jsonl").unlink()
    policy = Policy(ratio=0.9)
    run(spec_of(corpus, out, lexicon, policy, overwrite=True))
    run(spec_of(corpus, tmp_path / "fresh", lexicon, policy))
    assert tree(out) == tree(tmp_path / "fresh")


def test_overwriting_does_everything_anew(corpus: Path, tmp_path: Path, lexicon: Lexicon) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon))
    before = tree(out)
    damaged = changed(before["a.jsonl"].decode())
    (out / "a.jsonl").write_text(damaged, encoding="utf-8", newline="")
    report = run(spec_of(corpus, out, lexicon, overwrite=True))
    assert report.done_before == 0
    assert tree(out) == before


def test_overwriting_a_new_folder_is_a_plain_run(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    run(spec_of(corpus, tmp_path / "out", lexicon, overwrite=True))
    run(spec_of(corpus, tmp_path / "fresh", lexicon))
    assert tree(tmp_path / "out") == tree(tmp_path / "fresh")


def test_overwriting_takes_what_a_killed_run_had_not_recorded(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon))
    edit_record(out, "a.jsonl", None)  # killed between publishing and recording
    (corpus / "a.jsonl").unlink()
    policy = Policy(ratio=0.9)
    run(spec_of(corpus, out, lexicon, policy, overwrite=True))
    assert "a.jsonl" not in data_tree(out)


@pytest.mark.parametrize("name", ["../victim.jsonl", "/victim.jsonl", "a/../../victim.jsonl"])
def test_overwriting_never_leaves_the_folder(tmp_path: Path, lexicon: Lexicon, name: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(b'{"text":"dog"}\n')
    victim = tmp_path / "victim.jsonl"
    victim.write_bytes(b"mine")
    run(spec_of(tmp_path / "in", tmp_path / "out", lexicon))
    (tmp_path / "out" / "_link" / "plan.json").write_text(json.dumps(["a.jsonl", name]))
    with pytest.raises(UsageError, match="damaged"):
        run(spec_of(tmp_path / "in", tmp_path / "out", lexicon, overwrite=True))
    assert victim.read_bytes() == b"mine"
