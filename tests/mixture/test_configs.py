"""The data sections of other stacks: what they hold, and that the stacks' own parsers read them.

The parsers run in environments of their own: $LINK_STACKS/STACK/bin/python, or $LINK_STACKS/bin/
python for several (`docs/mixture.md`). What is not there is skipped, and named.
"""

import glob
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from link.cli.plan import STACKS
from link.errors import UsageError
from link.mixture import configs
from link.mixture.configs import config_text
from link.mixture.plan import Plan, load_plan
from tests.helpers import compress
from tests.mixture.conftest import SOURCES
from tests.mixture.test_mix import plan, run

CHECKS = Path(__file__).parent / "stack_checks.py"


SHARES = ("--share", "target=0.2", "--portion", "0.5", "--max-epochs", "4")


@pytest.fixture
def planned(corpora: Path) -> Plan:
    """`de/` is as a run leaves it: compressed, with a folder of what was set aside."""
    for path in Path("de").iterdir():
        Path(f"{path}.zst").write_bytes(compress(path.read_bytes(), "zst"))
        path.unlink()
    Path("de/_link/quarantine").mkdir(parents=True)
    shutil.copy("de/0.jsonl.zst", "de/_link/quarantine")
    plan(*SHARES, tokens="30k")
    return load_plan("plan.json")


WEIGHTS = {"english": 0.4, "de": 0.4, "target": 0.2}


def test_the_command_knows_the_stacks() -> None:
    assert set(configs.STACKS) == set(STACKS)


@pytest.mark.parametrize("stack", STACKS)
def test_a_section_names_each_source_with_its_weight(stack: str, planned: Plan) -> None:
    text = config_text(planned, stack, "prepared/")
    if stack == "litgpt":
        assert yaml.safe_load(text)["data"]["init_args"]["data_path"] == "prepared/mixture"
    elif stack == "torchtune":
        entries = yaml.safe_load(text)["dataset"]
        target = [each["split"] for each in entries if "xx" in each["data_files"][0]]
        full = target.count("train")
        [rest] = [int(split[7:-1]) for split in target if split != "train"]
        assert full + rest / 30 == pytest.approx(planned.sources[2].epochs, abs=0.02)
    else:
        for name, weight in WEIGHTS.items():
            assert name in text or "xx" in text
            assert str(weight) in text
    if stack not in ("megatron", "torchtitan"):
        assert isinstance(yaml.safe_load(text), dict)


def test_a_source_without_tokens_is_left_out(corpora: Path) -> None:
    plan("--share", "target=0")
    assert "target" not in config_text(load_plan("plan.json"), "megatron", "p")


def test_mixed_formats_are_told_where_a_stack_reads_one(corpora: Path) -> None:
    Path("xx/a.txt").write_text("the dog\n")
    plan()
    with pytest.raises(UsageError, match="files of 2 formats"):
        config_text(load_plan("plan.json"), "torchtune", "p")


@pytest.mark.parametrize("source", ["en", "en/*", "b[1]", "ü : x", "dir.jsonl"])
def test_a_stack_reads_the_shards_of_a_source_and_nothing_else(source: str, corpora: Path) -> None:
    if not source.startswith("en"):
        Path("en").rename(source)
    folder = Path(source.removesuffix("/*"))
    for other in ("_link/quarantine/0.jsonl", ".hidden.jsonl"):
        (folder / other).parent.mkdir(parents=True, exist_ok=True)
        (folder / other).write_text('{"text": "bad"}\n')
    plan(sources=(f"english={source}",))
    [entry] = yaml.safe_load(config_text(load_plan("plan.json"), "torchtune", "p"))["dataset"]
    found = [glob.glob(pattern) for pattern in entry["data_files"]]  # noqa: PTH207
    assert found == [[str(folder / f"{number}.jsonl")] for number in range(3)]
    assert folder.name in config_text(load_plan("plan.json"), "torchtitan", "p").replace("[[]", "[")


def test_a_folder_that_a_stack_would_read_otherwise(planned: Plan) -> None:
    with pytest.raises(UsageError, match="takes what stands between spaces for one path"):
        config_text(planned, "megatron", "my data")
    [first, *_] = yaml.safe_load(config_text(planned, "olmo-core", "a[1]: #b"))["source_list"][
        "sources"
    ]
    assert first["paths"] == ["a[[]1]: #b/english/*.npy"]


def test_settings_that_a_stack_knows_nothing_of_are_told(corpora: Path) -> None:
    plan("--where", "id=3", tokens="5")
    done = run("plan", "plan.json", "--for", "megatron")
    assert (done.exit_code, "megatron knows nothing of --where" in done.stderr) == (0, True)
    assert "knows nothing" not in run("plan", "plan.json", "--for", "litgpt").stderr


@pytest.mark.parametrize("stack", ["torchtune", "torchtitan"])
def test_a_stack_that_reads_shards_is_given_the_shards_of_the_plan(
    stack: str, planned: Plan
) -> None:
    text = config_text(planned, stack, "p")
    assert all(text.count(f"de/{part}.jsonl.zst") == 1 for part in range(3))
    assert "_link" not in text
    Path("de/3.jsonl").write_text("{}\n")
    with pytest.raises(UsageError, match=r"de has 4 shards of .*, but the plan was made for 3"):
        config_text(planned, stack, "p")


def test_a_name_of_a_shard_is_no_pattern(corpora: Path) -> None:
    Path("xx").rename("x[1]")
    plan(sources=(*SOURCES[:2], "target=x[1]"))
    text = config_text(load_plan("plan.json"), "torchtune", "p")
    assert "x[[]1]/0.jsonl" in text


@pytest.mark.parametrize("stack", ["torchtune", "torchtitan"])
@pytest.mark.parametrize(
    ("options", "source"),
    [
        ((), "de=de,role=substituted,keep=0.5"),
        (("--where", "id=7"), SOURCES[1]),
        (("--copies-per-document", "1", "--key-field", "id"), SOURCES[1]),
    ],
)
def test_whole_shards_are_not_read_where_the_plan_leaves_documents_out(
    stack: str, options: tuple[str, ...], source: str, corpora: Path
) -> None:
    plan(*options, sources=(SOURCES[0], source, SOURCES[2]))
    with pytest.raises(UsageError, match=r"are left out .* `link mix`"):
        config_text(load_plan("plan.json"), stack, "p")


@pytest.mark.parametrize("stack", ["litgpt", "nanotron"])
def test_a_seed_is_one_that_the_stack_takes(stack: str, corpora: Path) -> None:
    plan("--seed", str((5 << 32) + 7))
    assert "seed: 7\n" in config_text(load_plan("plan.json"), stack, "p")


# --- the stacks' own parsers ---


def read_by(stack: str, planned: Plan) -> dict[str, Any]:
    where = Path(os.environ.get("LINK_STACKS", "/nowhere"))
    found = [path for path in (where / stack / "bin/python", where / "bin/python") if path.exists()]
    if not found:
        pytest.skip(f"{stack} is NOT CHECKED: no $LINK_STACKS/{stack}/bin/python")
    config = Path(f"config-{stack}").absolute()
    config.write_text(config_text(planned, stack, "prepared"))
    done = subprocess.run(
        [str(found[0]), "-W", "ignore", str(CHECKS), stack, str(config)],
        capture_output=True,
        text=True,
        env={**os.environ, "HF_HOME": str(Path("hf").absolute()), "HF_HUB_OFFLINE": "1"},
        timeout=500,
    )
    # nanotron 0.4, the newest release on the index, cannot be imported.
    is_known = stack == "nanotron" and "ImportError" in done.stderr
    if is_known or "PackageNotFoundError" in done.stderr:
        pytest.skip(f"{stack} is NOT CHECKED: {done.stderr.strip().splitlines()[-1][:200]}")
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(stack, told)
    return told


@pytest.mark.parametrize(
    ("stack", "near"),
    [("megatron", 0), ("nanotron", 0), ("olmo-core", 0.01), ("torchtitan", 0), ("mosaic", 0.001)],
)
def test_a_stack_reads_the_weights(stack: str, near: float, planned: Plan) -> None:
    assert read_by(stack, planned)["read"] == pytest.approx(WEIGHTS, abs=near or 1e-12)


def test_litgpt_reads_its_section(planned: Plan) -> None:
    wanted = {"class": "LitData", "data_path": "prepared/mixture"}
    assert read_by("litgpt", planned)["read"] == wanted


def test_torchtune_reads_as_many_documents_as_planned(planned: Plan) -> None:
    read = read_by("torchtune", planned)["read"]
    wanted = {source.inputs[0]: source.documents_read for source in planned.sources}
    assert read == wanted
