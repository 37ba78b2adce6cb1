"""datatrove: what the command writes, in a pipeline of several tasks."""

import json
from pathlib import Path

import pytest

import link
from tests.helpers import json_lines, some_records
from tests.helpers import link as run_link
from tests.integrations.expected import OPTIONS

pytest.importorskip("datatrove")
pytestmark = pytest.mark.filterwarnings("ignore")  # datatrove's own

from datatrove.executor import LocalPipelineExecutor  # noqa: E402
from datatrove.pipeline.readers import JsonlReader  # noqa: E402
from datatrove.pipeline.writers import JsonlWriter  # noqa: E402

from link.integrations.datatrove import LinkSubstituter  # noqa: E402


def _shards(work: Path) -> None:
    for number in range(3):
        records = [
            {**record, "number": n, "meta": {"key": record["id"]}}
            for n, record in enumerate(some_records(40, number))
            if record["text"]
        ]
        (work / "in").mkdir(exist_ok=True)
        (work / "in" / f"{number}.jsonl").write_bytes(json_lines(records, ensure_ascii=False))


@pytest.mark.parametrize("key", [None, "id", "number", "meta.key"])
def test_a_pipeline_gives_what_the_command_writes(
    work: Path, substituter: link.Substituter, key: str | None
) -> None:
    _shards(work)
    options = ("-l", "tiny.tsv", *OPTIONS, *(["--key-field", key] if key else []), "-q")
    assert run_link("substitute", "in", "-o", "out", *options, cwd=work).returncode == 0
    LocalPipelineExecutor(
        [
            JsonlReader(str(work / "in")),
            LinkSubstituter(substituter, key, batch_size=7),
            JsonlWriter(str(work / "trove"), "${rank}.jsonl", compression=None),
        ],
        tasks=3,
        workers=2,
        logging_dir=str(work / "logs"),
    ).run()
    for number in range(3):
        shards = (work / "out" / f"{number}.jsonl", work / "trove" / f"{number:05}.jsonl")
        expected, done = (
            [json.loads(line) for line in shard.read_text("utf-8").splitlines()] for shard in shards
        )
        assert [(one["id"], one["text"]) for one in done] == [
            (one["id"], one["text"]) for one in expected
        ]
    stats = json.loads((work / "logs" / "stats.json").read_text("utf-8"))
    [ours] = [step for step in stats if "LINK" in step["name"]]
    assert ours["stats"]["documents"] == sum(
        len(shard.read_text("utf-8").splitlines()) for shard in (work / "in").iterdir()
    )


def test_a_missing_key_is_an_error(substituter: link.Substituter) -> None:
    from datatrove.data import Document

    step = LinkSubstituter(substituter, "meta.key")
    with pytest.raises(TypeError, match="a key is a string or a whole number, but this is None"):
        list(step.run(iter([Document(text="the dog", id="1", metadata={"meta": "?"})])))
