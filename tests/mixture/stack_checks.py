"""What each stack's own parser makes of a configuration; run by the stack's Python, not by ours.

    python stack_checks.py STACK CONFIG     prints weights by source, or what was read, as JSON

It runs in the folder of the sources' shards, where it makes the files that a stack's own tools
would prepare. Nothing is trained: the parser reads the section, some loaders yield from it.
"""

import importlib.metadata
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any


def megatron(config: Path) -> Any:
    """The function that `--data-path` and `--data-args-path` go through."""
    from megatron.core.datasets.utils import get_blend_from_list

    prefixes, weights = get_blend_from_list(config.read_text().split())
    names = [Path(prefix).name.removesuffix("_text_document") for prefix in prefixes]
    return dict(zip(names, weights, strict=True))


def nanotron(config: Path) -> Any:
    """Its class of a stage, filled as its own loader does (all of `Config` needs a model)."""
    import yaml
    from nanotron.config import DatasetStageArgs, get_config_from_dict

    [stage] = yaml.safe_load(config.read_text())["data_stages"]
    dataset = get_config_from_dict(stage, DatasetStageArgs).data.dataset
    names = [Path(folder).name for folder in dataset.dataset_folder]
    return dict(zip(names, dataset.dataset_weights, strict=True))


def litgpt(config: Path) -> Any:
    """The parser of `litgpt pretrain --config`, for its argument `data`."""
    from jsonargparse import ArgumentParser
    from litgpt.data import DataModule

    parser = ArgumentParser()
    parser.add_argument("--data", type=DataModule)
    parser.add_argument("--config", action="config")
    found = parser.instantiate_classes(parser.parse_args([f"--config={config}"]))
    return {"class": type(found.data).__name__, "data_path": str(found.data.data_path)}


def olmo_core(config: Path) -> Any:
    """Its configuration class, and the mixture that it builds of made token files."""
    import numpy as np
    import yaml
    from olmo_core.data.source_mixture import SourceMixtureDatasetConfig

    data = yaml.safe_load(config.read_text())
    for source in data["source_list"]["sources"]:
        folder = Path(source["paths"][0]).parent
        folder.mkdir(parents=True, exist_ok=True)
        np.zeros(data["requested_tokens"], np.uint16).tofile(folder / "0.npy")
    extra = {"global_batch_size": 10, "render_tables": False, "quiet": True}
    found = SourceMixtureDatasetConfig.from_dict(data | extra)
    built = found.build(npdtype=np.uint16, sequence_length=10)
    tokens = {each.name: sum(path.tokens for path in each.path_tokens) for each in built.sources}
    return {name: count / sum(tokens.values()) for name, count in tokens.items()}


def torchtitan(config: Path) -> Any:
    """The section as the module that it is; then its loader yields a batch of what it names."""
    from torchtitan.hf_datasets.text_datasets import InterleavedHuggingFaceTextDataLoader

    class Words:
        def encode(self, text: str, **_: Any) -> list[int]:
            return [len(word) for word in text.split()]

    names: dict[str, Any] = {}
    exec(compile(config.read_text(), str(config), "exec"), names)
    found = names["dataloader"]
    loader = InterleavedHuggingFaceTextDataLoader(
        found, dp_world_size=1, dp_rank=0, tokenizer=Words(), seq_len=8, local_batch_size=2
    )
    next(iter(loader))
    return {source.dataset: source.weight for source in found.sources}


def torchtune(config: Path) -> Any:
    """Each entry as its recipes instantiate it, and how many documents it has."""
    from omegaconf import OmegaConf
    from torchtune.config import instantiate

    class Words:
        max_seq_len = None

        def encode(self, text: str, **_: Any) -> list[int]:
            return list(range(len(text.split())))

    found = OmegaConf.load(config)
    documents: Counter[str] = Counter()
    for entry in found.dataset:
        documents[Path(entry.data_files[0]).parent.name] += len(instantiate(entry, Words()))
    return dict(documents)


def mosaic(config: Path) -> Any:
    """Its streams over made MDS files, and how many of 10,000 samples each gives."""
    import yaml
    from streaming import MDSWriter, Stream, StreamingDataset

    found = yaml.safe_load(config.read_text())["streams"]
    for name, stream in found.items():
        with MDSWriter(out=stream["local"], columns={"source": "str"}) as writer:
            for _ in range(100):
                writer.write({"source": name})
    streams = [Stream(**stream) for stream in found.values()]
    dataset = StreamingDataset(streams=streams, batch_size=1, epoch_size=10_000)
    chosen = [stream.choose for stream in dataset.streams]
    return {name: count / 10_000 for name, count in zip(found, chosen, strict=True)}


PACKAGES = {
    "megatron": "megatron-core",
    "nanotron": "nanotron",
    "litgpt": "litgpt",
    "olmo-core": "ai2-olmo-core",
    "torchtitan": "torchtitan",
    "torchtune": "torchtune",
    "mosaic": "mosaicml-streaming",
}

if __name__ == "__main__":
    stack, config = sys.argv[1:]
    version = importlib.metadata.version(PACKAGES[stack])
    result = globals()[stack.replace("-", "_")](Path(config))
    print("\n" + json.dumps({"version": version, "read": result}))
