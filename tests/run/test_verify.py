"""`link verify` passes on what a run made; and the command."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from link.audit.verify import verify
from link.cli import cli
from link.errors import UsageError
from tests.helpers import compress, json_lines
from tests.run.helpers import run
from tests.run.verified import (
    BAD,
    ODD,
    PLAIN,
    RECORDS,
    TEXTS,
    WAYS,
    Tamper,
    checked,
    columns,
    edited,
    laid_out,
    lines,
    passes,
    shards,
    spec,
    store,
)

# --- what a run made ------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_json_lines_of_any_run_pass(way: str, tmp_path: Path) -> None:
    data = json_lines(RECORDS, ensure_ascii=False)
    corpus = shards(
        tmp_path,
        a_jsonl=data,
        b_jsonl_gz=compress(json_lines(RECORDS[:6]), "gz"),
        sub__c_json_zst=compress(ODD, "zst"),
        empty_jsonl=b"",
        blank_jsonl=b"\n \n",
    )
    more = {"on_error": "skip", **WAYS[way]}
    report = run(spec(corpus, tmp_path / "out", **more))
    assert report.failed == []
    found = passes(corpus, tmp_path / "out")
    assert found.totals == report.totals


@pytest.mark.parametrize("on_error", ["skip", "quarantine"])
def test_bad_records_are_accounted_for(on_error: str, tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=BAD, b_jsonl_gz=gzip.compress(BAD), c_txt=b"the \xff\ndog\n")
    report = run(spec(corpus, tmp_path / "out", on_error=on_error, swaps=True))
    assert report.totals.records_read > report.totals.records_written
    passes(corpus, tmp_path / "out")


@pytest.mark.parametrize("on_error", ["skip", "quarantine"])
@pytest.mark.parametrize("name", ["a_txt", "a_txt_zst"])
def test_a_bad_file_that_is_a_document_leaves_an_empty_shard(
    name: str, on_error: str, tmp_path: Path
) -> None:
    data = b"the \xff dog\n"
    corpus = shards(tmp_path, **{name: compress(data, "zst") if name.endswith("zst") else data})
    run(spec(corpus, tmp_path / "out", on_error=on_error, document="file"))
    passes(corpus, tmp_path / "out")


@pytest.mark.parametrize(
    ("container", "way"),
    [
        *((None, "both modes"), (None, "portion"), ("jsonl", "both modes")),
        *(("parquet", "portion"), ("arrow", "both modes")),
    ],
)
def test_columns_pass(way: str, container: str | None, tmp_path: Path) -> None:
    corpus = columns(tmp_path)
    if container == "arrow":
        (corpus / "d.parquet").unlink()  # its dictionary has no place in an Arrow file
    if container:
        (corpus / "c.arrow").rename(corpus / "e.arrow")
    report = run(spec(corpus, tmp_path / "out", container=container, **WAYS[way]))
    assert report.failed == []
    passes(corpus, tmp_path / "out")


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_binary_texts_that_json_spells_in_base64_pass(kind: pa.DataType, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    texts = pa.array([text.encode() for text in TEXTS] + [None], kind)
    pq.write_table(pa.table({"text": texts}), tmp_path / "in" / "a.parquet")
    run(spec(tmp_path / "in", tmp_path / "out", container="jsonl"))
    passes(tmp_path / "in", tmp_path / "out")


@pytest.mark.parametrize("container", [None, "jsonl", "parquet", "arrow"])
@pytest.mark.parametrize("document", ["line", "paragraph", "file"])
def test_plain_text_passes(document: str, container: str | None, tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_txt=PLAIN, b_txt_zst=compress(PLAIN[3:] + b"\n", "zst"), c_txt=b"")
    more = {"document": document, "container": container, "swaps": True}
    assert not run(spec(corpus, tmp_path / "out", **more)).failed
    passes(corpus, tmp_path / "out")


@pytest.mark.parametrize("document", ["line", "paragraph"])
def test_json_lines_that_became_plain_text_pass(document: str, tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=json_lines([{"text": text} for text in TEXTS if text]))
    more = {"document": document, "container": "text", "swaps": True, "on_error": "skip"}
    run(spec(corpus, tmp_path / "out", **more))
    passes(corpus, tmp_path / "out")


def test_several_processes_find_the_same(tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=json_lines(RECORDS), b_jsonl=json_lines(RECORDS[::-1]))
    report = run(spec(corpus, tmp_path / "out", swaps=True))
    assert passes(corpus, tmp_path / "out", jobs=2).totals == report.totals


@pytest.mark.parametrize("sample", [0.0, 0.5])
@pytest.mark.parametrize("way", ["both modes", "languages by word", "mark eligible"])
def test_a_sample_of_a_run_passes(way: str, sample: float, tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=json_lines(RECORDS))
    report = run(spec(corpus, tmp_path / "out", **WAYS[way]))
    assert passes(corpus, tmp_path / "out", sample=sample).totals == report.totals


def test_sidecars_and_quarantine_may_lie_elsewhere(tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=BAD)
    beside = tmp_path / "beside"
    run(spec(corpus, tmp_path / "out", on_error="quarantine", swaps=True, link_dir=beside))
    passes(corpus, tmp_path / "out", link_dir=beside)
    assert checked(corpus, tmp_path / "out").differences


# --- the command ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (lambda out: (out / "_link/run.json").unlink(), "is not the output of a run"),
        (lambda out: (out / "_link/run.json").write_text("[]"), "is damaged"),
        (lambda out: (out / "_link/run.json").write_text("{"), "run.json is damaged"),
        (edited("run.json", lambda told: told.update(kernel_version=99)), "by version 99 of"),
        (edited("run.json", lambda told: told.pop("policy")), "is damaged"),
        (edited("run.json", lambda told: told["policy"].update(ratio=7)), "ratio is 7"),
        (lambda out: (out / "_link/lexicon.tsv").unlink(), "lexicon.tsv cannot be read"),
        (lambda out: (out / "_link/plan.json").write_text("{"), "is damaged"),
    ],
)
def test_what_cannot_be_verified_at_all_is_refused(
    tamper: Tamper, said: str, made: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    corpus, files = made
    tamper(laid_out(files, tmp_path / "out"))
    with pytest.raises(UsageError, match=said):
        verify([str(corpus)], tmp_path / "out")


def test_the_command_tells_what_it_found(
    made: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    corpus, files = made
    out = laid_out(files, tmp_path / "out")
    shards_ = [str(path) for path in sorted(corpus.iterdir())]
    done = CliRunner().invoke(cli, ["verify", *shards_, str(out)])
    assert done.exit_code == 0, done.stderr
    assert "verified" in done.stderr
    store(out, [line.replace(b"today", b"\x1b[2Jtoday") for line in lines(out)])
    done = CliRunner().invoke(cli, ["verify", str(corpus), str(out), "--max-differences", "2"])
    assert done.exit_code == 1
    assert done.stderr.count("link: differs: ") == 2
    assert "more differences" in done.stderr
    assert "\x1b" not in done.stderr


def test_runs_without_hashes_of_their_copies_pass(
    made: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    corpus, files = made
    out = laid_out(files, tmp_path / "out")
    edited("run.json", lambda told: told.pop("files"))(out)
    passes(corpus, out)
    (out / "_link/lexicon.tsv").write_text("dog\tKind\n")
    assert checked(corpus, out).differences
