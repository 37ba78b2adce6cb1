"""A plan as the data section of the configurations that people train with.

    megatron    weights and prefixes, for --data-path or a file for --data-args-path
    nanotron    YAML: data_stages, a Nanoset with weights
    litgpt      YAML: data, of the mixture as litdata has prepared it (it takes no weights)
    olmo-core   YAML: source_list, with ratios and the cap of repetitions
    torchtitan  Python: a config of its interleaved loader, with weights
    torchtune   YAML: dataset, each source as often as it is read (it takes no weights)
    mosaic      YAML: streams, with proportions

Most stacks read files that their own tools have prepared; `docs/mixture.md` says which tool makes
them. They are expected in a folder, by source.
"""

import glob
import math
from collections.abc import Callable
from typing import Any

from link.errors import UsageError
from link.mixture.make import found_again
from link.mixture.plan import Plan, PlannedSource
from link.shards.files import is_url
from link.shards.formats import ARROW, JSONL, PARQUET, TEXT

_LOADER = {JSONL: "json", PARQUET: "parquet", ARROW: "arrow", TEXT: "text"}
"""How Hugging Face `datasets` calls what reads a format."""

_MIX = "write the mixture with `link mix`, and make a plan of that"


def config_text(plan: Plan, stack: str, prepared: str) -> str:
    """The section for a stack. `prepared`: the folder of prepared files.

    Raises `UsageError` if the plan has no tokens, or (for stacks that read shards themselves) if a
    source has documents that are left out, several formats, or other shards than at the plan.
    """
    used = [source for source in plan.sources if source.tokens]
    if not used:
        raise UsageError("the plan has no tokens, and so no configuration")
    return STACKS[stack](plan, used, prepared.rstrip("/"))


def _megatron(_plan: Plan, used: list[PlannedSource], prepared: str) -> str:
    if prepared.split() != [prepared]:
        raise UsageError(
            f"Megatron takes what stands between spaces for one path, and --prepared {prepared!r} "
            f"has some; name a folder without, or a link to it"
        )
    parts = (f"{_weight(each)} {prepared}/{each.name}_text_document" for each in used)
    return " ".join(parts) + "\n"


def _nanotron(plan: Plan, used: list[PlannedSource], prepared: str) -> str:
    dataset = {
        "dataset_folder": [f"{prepared}/{each.name}" for each in used],
        "dataset_weights": [each.weight for each in used],
    }
    data = {"dataset": dataset, "num_loading_workers": 1, "seed": _seed(plan)}
    stage = {"name": "mixture", "start_training_step": 1, "data": data}
    return _yaml({"data_stages": [stage]})


def _litgpt(plan: Plan, _used: list[PlannedSource], prepared: str) -> str:
    arguments = {"data_path": f"{prepared}/mixture", "seed": _seed(plan)}
    return _yaml({"data": {"class_path": "litgpt.data.LitData", "init_args": arguments}})


def _olmo_core(plan: Plan, used: list[PlannedSource], prepared: str) -> str:
    sources = [
        {
            "source_name": each.name,
            "target_ratio": each.weight,
            "paths": [f"{glob.escape(prepared)}/{each.name}/*.npy"],
            # A little above, since its own tokens are not quite those that were counted.
            "max_repetition_ratio": max(1.0, float(math.ceil(1.1 * each.epochs))),
        }
        for each in used
    ]
    return _yaml(
        {"source_list": {"sources": sources}, "requested_tokens": plan.tokens, "seed": plan.seed}
    )


def _torchtitan(plan: Plan, used: list[PlannedSource], _prepared: str) -> str:
    lines = [
        "from datasets import load_dataset",
        "from torchtitan.hf_datasets import DatasetConfig",
        "from torchtitan.hf_datasets import text_datasets",
        "",
    ]
    for each in used:
        kind, files = _files(plan, each)
        lines += [
            f"text_datasets.DATASETS[{each.name!r}] = DatasetConfig(",
            f"    path={kind!r},",
            "    loader=lambda path: load_dataset(",
            f"        path, data_files={files!r}, split='train', streaming=True",
            "    ),",
            f"    sample_processor=lambda sample: sample[{plan.text_fields[0]!r}],",
            ")",
        ]
    lines += [
        "dataloader = text_datasets.InterleavedHuggingFaceTextDataLoader.Config(",
        "    sources=[",
    ]
    for each in used:
        lines += [
            "        text_datasets.HFDataSource(",
            f"            dataset={each.name!r}, weight={_weight(each)}, infinite=True",
            "        ),",
        ]
    return "\n".join([*lines, "    ],", f"    seed={plan.seed},", ")", ""])


def _torchtune(plan: Plan, used: list[PlannedSource], _prepared: str) -> str:
    entries: list[dict[str, Any]] = []
    for each in used:
        assert each.available.tokens, "load_plan has seen to it"
        full, rest = divmod(each.tokens, each.available.tokens)
        documents = round((each.available.documents or 0) * rest / each.available.tokens)
        splits = ["train"] * full + ([f"train[:{documents}]"] if documents else [])
        kind, files = _files(plan, each)
        entries += [
            {
                "_component_": "torchtune.datasets.text_completion_dataset",
                "source": kind,
                "data_files": list(files),  # YAML would make one list an alias
                "column": plan.text_fields[0],
                "split": split,
            }
            for split in splits
        ]
    return _yaml({"dataset": entries})


def _mosaic(plan: Plan, used: list[PlannedSource], prepared: str) -> str:
    streams = {
        each.name: {"local": f"{prepared}/{each.name}", "proportion": each.weight} for each in used
    }
    return _yaml({"streams": streams, "shuffle_seed": plan.seed})


STACKS: dict[str, Callable[[Plan, list[PlannedSource], str], str]] = {
    "megatron": _megatron,
    "nanotron": _nanotron,
    "litgpt": _litgpt,
    "olmo-core": _olmo_core,
    "torchtitan": _torchtitan,
    "torchtune": _torchtune,
    "mosaic": _mosaic,
}


def ignored_settings(plan: Plan) -> list[str]:
    """Settings of a plan by which documents are left out, and which no stack knows of."""
    settings = {
        "keep": any(source.keep < 1 for source in plan.sources if source.tokens),
        "--copies-per-document": plan.copies_per_document is not None,
        "--where": bool(plan.where),
    }
    return [name for name, is_given in settings.items() if is_given]


def _files(plan: Plan, source: PlannedSource) -> tuple[str, list[str]]:
    """What of `datasets` reads a source, and its files, each as a pattern that matches it alone.

    A folder would not do: below it may be the sidecars of a run, and a glob is read otherwise.
    """
    if ignored := ignored_settings(plan):
        raise UsageError(
            f"documents are left out by {', '.join(ignored)}, and this stack reads whole shards; "
            f"{_MIX}"
        )
    if len(plan.text_fields) > 1 or "." in plan.text_fields[0]:
        raise UsageError(f"this stack reads one text field, that is not nested; {_MIX}")
    tasks = found_again(plan, source).tasks
    kinds = {task.input.format for task in tasks}
    if len(kinds) != 1:
        raise UsageError(
            f"source {source.name} has files of {len(kinds)} formats, and this stack reads one a "
            f"source; {_MIX}"
        )
    paths = [task.path for task in tasks]
    return _LOADER[kinds.pop()], [path if is_url(path) else glob.escape(path) for path in paths]


def _seed(plan: Plan) -> int:
    """Of 32 bits: some stacks take no more."""
    return plan.seed % (1 << 32)


def _weight(source: PlannedSource) -> str:
    """Without an exponent, which not every parser takes."""
    return f"{source.weight:.9f}".rstrip("0").rstrip(".")


def _yaml(value: Any) -> str:
    import yaml

    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
