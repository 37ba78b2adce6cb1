"""The command: what it prints, what bad input it refuses, what it leaves, how much it holds."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.embed.helpers import (
    INPUT,
    OTHER,
    OUTPUT,
    Clone,
    command,
    size_of,
    write_folder,
    write_model,
)
from tests.helpers import environment, link, tree


@pytest.fixture
def model(tmp_path: Path, clone: Clone) -> Path:
    return write_model(tmp_path / "old.safetensors", clone.english)


@pytest.fixture
def lexicon(tmp_path: Path, clone: Clone) -> Path:
    path = tmp_path / "en-el.tsv"
    path.write_text("".join(f"{one}\t{other}\n" for one, other in clone.pairs))
    return path


def test_a_run_reports_in_a_table_and_as_json(
    tmp_path: Path, clone: Clone, model: Path, lexicon: Path
) -> None:
    done = command(
        tmp_path, model, clone.english, clone.cloned, "-l", lexicon, "--json", "report.json"
    )
    assert (done.returncode, done.stdout) == (0, b"")
    text = done.stderr.decode()
    report = json.loads((tmp_path / "report.json").read_text())
    for part in ("rows, copied", "rows, lexicon", "effective sources", "near"):
        assert part in text
    assert sum(report["origins"].values()) == report["rows"] == size_of(clone.cloned)
    assert len(report["near"]) == 20
    assert load_file(tmp_path / "out.safetensors")[INPUT].shape[0] == report["rows"]


def test_help_has_an_example(tmp_path: Path) -> None:
    done = link("embed", "init", "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert b"link embed init --source" in done.stdout


def _truncated(model: Path, _: Clone) -> None:
    model.write_bytes(model.read_bytes()[:-5])


def _empty(model: Path, _: Clone) -> None:
    model.write_bytes(b"")


def _pickled(model: Path, _: Clone) -> None:
    model.write_bytes(b"PK\x03\x04" + bytes(200))


def _pointer(model: Path, _: Clone) -> None:
    model.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")


def _without_input(model: Path, _: Clone) -> None:
    save_file({"embedding": load_file(model)[INPUT]}, model)


def _two_inputs(model: Path, _: Clone) -> None:
    tensors = load_file(model)
    save_file(tensors | {"transformer.wte.weight": tensors[INPUT].copy()}, model)


def _too_few_rows(model: Path, clone: Clone) -> None:
    write_model(model, size_of(clone.english) - 1)


def _unlike(model: Path, _: Clone) -> None:
    tensors = load_file(model)
    save_file(tensors | {OUTPUT: tensors[OUTPUT][:-1].copy()}, model)


def _integers(model: Path, _: Clone) -> None:
    tensors = load_file(model)
    save_file(tensors | {INPUT: tensors[INPUT].astype(np.int8)}, model)


def _cubic(model: Path, _: Clone) -> None:
    tensors = load_file(model)
    save_file(tensors | {INPUT: tensors[INPUT].reshape(-1, 6, 8)}, model)


def _without_width(model: Path, _: Clone) -> None:
    save_file({INPUT: load_file(model)[INPUT][:, :0].copy()}, model)


def _not_a_number(model: Path, _: Clone) -> None:
    tensors = load_file(model)
    tensors[INPUT][9] = np.nan
    save_file(tensors, model)


def _untied_without_output(model: Path, _: Clone) -> None:
    tensors = load_file(model)
    save_file({INPUT: tensors[INPUT], OTHER: tensors[OTHER]}, model)
    (model.parent / "config.json").write_text('{"tie_word_embeddings": false}')


def _bad_config(model: Path, _: Clone) -> None:
    (model.parent / "config.json").write_text("{")


def _gone(model: Path, _: Clone) -> None:
    model.unlink()


BROKEN = {
    _truncated: "is not a complete safetensors file (",
    _empty: "is not a complete safetensors file (",
    _pickled: "is not a complete safetensors file (",
    _pointer: "is a pointer of Git LFS",
    _without_input: "has no input embedding of a known name; name it with --input-tensor; its "
    "largest matrices: embedding [520, 48]",
    _two_inputs: "has model.embed_tokens.weight and transformer.wte.weight; name the one",
    _too_few_rows: "model.embed_tokens.weight has 519 rows, but english.model has 520 pieces",
    _unlike: "lm_head.weight has 519 rows, model.embed_tokens.weight has 520",
    _integers: "model.embed_tokens.weight is of type I8; embeddings must be BF16, F16, F32",
    _cubic: "model.embed_tokens.weight has shape [520, 6, 8], no matrix",
    _without_width: "model.embed_tokens.weight has shape [520, 0], no matrix",
    _not_a_number: "new rows of model.embed_tokens.weight would hold NaN or infinity",
    _untied_without_output: "has no output embedding of a known name, and config.json says",
    _bad_config: "config.json is not a readable JSON object",
    _gone: "cannot be read: No such file or directory",
}


@pytest.mark.parametrize("spoil", BROKEN, ids=lambda spoil: spoil.__name__)
def test_a_bad_model_is_refused_and_nothing_is_left(
    tmp_path: Path,
    clone: Clone,
    model: Path,
    lexicon: Path,
    spoil: Callable[[Path, Clone], None],
) -> None:
    spoil(model, clone)
    before = sorted(tmp_path.rglob("*"))
    done = command(tmp_path, model, clone.english, clone.cloned, "-l", lexicon)
    assert done.returncode == 2, done.stderr
    assert BROKEN[spoil] in done.stderr.decode()
    assert b"old.safetensors" in done.stderr or b"config.json" in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--source-tokenizer", "none.model"), "--source-tokenizer: tokenizer none.model cannot"),
        (("--target-tokenizer", "old.safetensors"), "--target-tokenizer: old.safetensors is neith"),
        (("--input-tensor", "wte"), "has no tensor wte"),
        (("--output-tensor", "head"), "has no tensor head"),
        (("-o", "old.safetensors"), "old.safetensors exists; name another -o"),
        (("-o", "none/new.safetensors"), "there is no such folder"),
        (("--swaps", "."), "has no swaps"),
        (("--json", "none/report.json"), "there is no such folder"),
        (("-l", "en-none"), "en-none"),
        (("--donor", "old.safetensors"), "--method salt and --donor go together"),
    ],
)
def test_bad_options_are_refused_and_nothing_is_left(
    tmp_path: Path,
    clone: Clone,
    model: Path,
    lexicon: Path,
    options: tuple[str, str],
    message: str,
) -> None:
    before = sorted(tmp_path.rglob("*"))
    done = command(tmp_path, model, clone.english, clone.cloned, "-l", lexicon, *options)
    assert done.returncode == 2
    assert message in done.stderr.decode()
    assert sorted(tmp_path.rglob("*")) == before


def test_lexicon_is_needed_by_its_method(tmp_path: Path, clone: Clone, model: Path) -> None:
    done = command(tmp_path, model, clone.english, clone.cloned)
    assert done.returncode == 2
    assert b"--method lexicon needs a lexicon; name one with -l" in done.stderr


def test_a_folder_that_fails_half_way_leaves_nothing(
    tmp_path: Path, clone: Clone, lexicon: Path
) -> None:
    model = write_folder(tmp_path / "old", clone.english)
    before = sorted(tmp_path.rglob("*"))
    code = (
        "import link.embed.init as init; real = init.write_weights\n"
        "def fails(file, weights, *rest):\n"
        "    if weights.path.name == 'b.safetensors': raise OSError(28, 'No space left')\n"
        "    return real(file, weights, *rest)\n"
        "init.write_weights = fails\n"
        "from link.cli import main; main()"
    )
    options = ("--source", model, "--source-tokenizer", clone.english, "-l", lexicon)
    done = subprocess.run(
        [
            *(sys.executable, "-c", code, "embed", "init", *map(str, options)),
            *("--target-tokenizer", str(clone.cloned), "-o", "new"),
        ],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
    )
    assert done.returncode == 1
    assert b"No space left" in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_report_is_not_written_over_a_model_or_an_input(
    tmp_path: Path, clone: Clone, lexicon: Path
) -> None:
    model = write_folder(tmp_path / "old", clone.english)
    before = tree(tmp_path)
    files = ("old/config.json", lexicon, clone.english, clone.cloned)
    names = ("out.safetensors", *files)
    for name in names:
        done = command(tmp_path, model, clone.english, clone.cloned, "-l", lexicon, "--json", name)
        assert done.returncode == 2
        assert b"name another file" in done.stderr or b"name two files" in done.stderr
    assert tree(tmp_path) == before


def test_what_a_killed_run_left_is_told(
    tmp_path: Path, clone: Clone, model: Path, lexicon: Path
) -> None:
    (tmp_path / ".out.safetensors.123.link-partial").touch()
    done = command(tmp_path, model, clone.english, clone.cloned, "-l", lexicon)
    assert done.returncode == 0
    assert b".out.safetensors.123.link-partial is of a run that was killed" in done.stderr


def peak_bytes(cwd: Path, model: Path, clone: Clone, lexicon: Path, out: str) -> int:
    """The most memory that a run holds, what it maps of files included."""
    code = (
        "from pathlib import Path\nfrom link.cli import main\ntry: main()\nfinally: "
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    options = ("--source", model, "--source-tokenizer", clone.english, "-l", lexicon, "-o", out)
    done = subprocess.run(
        [
            *(sys.executable, "-c", code, "embed", "init", *map(str, options)),
            *("--target-tokenizer", str(clone.cloned), "-q"),
        ],
        cwd=cwd,
        env=environment(),
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    return int(done.stdout) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_model(
    tmp_path: Path, clone: Clone, model: Path, lexicon: Path
) -> None:
    large = tmp_path / "large.safetensors"
    rows, width = size_of(clone.english), 65_536
    random = np.random.default_rng(0).normal(0, 1, (rows, 64)).astype(np.float32)
    save_file({INPUT: np.tile(random, (1, width // 64)), OTHER: np.zeros(10**8, np.uint8)}, large)
    small = peak_bytes(tmp_path, model, clone, lexicon, "small.safetensors")
    grown = peak_bytes(tmp_path, large, clone, lexicon, "new.safetensors") - small
    assert large.stat().st_size > 230e6
    assert grown < 80e6
