"""Models on disk: a safetensors file, or a folder with `config.json` and one or more of them."""

import glob
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from link.embed.weights import FLOATS, Tensor, Weights, open_weights
from link.errors import UsageError, reason_of
from link.publish import PARTIAL_SUFFIX, partial_path, published, sync_folders
from link.untrusted import of_kind, parse_json, read_file

INPUT_NAMES = (
    "model.embed_tokens.weight",  # Llama, Mistral, Qwen, Gemma, OLMo, Phi
    "transformer.wte.weight",  # GPT-2, GPT-J
    "wte.weight",
    "gpt_neox.embed_in.weight",  # GPT-NeoX, Pythia
    "model.decoder.embed_tokens.weight",  # OPT
    "transformer.word_embeddings.weight",  # BLOOM, Falcon
    "word_embeddings.weight",
    "transformer.embed_tokens.weight",
    "model.language_model.embed_tokens.weight",  # models of text and images
    "language_model.model.embed_tokens.weight",
    "backbone.embeddings.weight",  # Mamba
    "tok_embeddings.weight",  # Llama as Meta wrote it, torchtitan
    "embed_tokens.weight",
)
OUTPUT_NAMES = (
    *("lm_head.weight", "lm_head.bias", "embed_out.weight", "output.weight"),
    "language_model.lm_head.weight",
)

CONFIG, INDEX, SINGLE = "config.json", "model.safetensors.index.json", "model.safetensors"
GENERATION = "generation_config.json"
_SHOWN = 8


@dataclass(frozen=True)
class Model:
    """`folder`: where it lies, None of a single file. `files`: its safetensors files. `configs`:
    name -> content of its JSON files, of a single file those beside it; `index`: that of several
    files.
    """

    path: Path
    folder: Path | None
    files: Sequence[Weights]
    configs: Mapping[str, dict[str, Any]]
    index: dict[str, Any] | None = None

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The tensors of all files by name."""
        return {name: tensor for one in self.files for name, tensor in one.tensors.items()}

    @property
    def size_bytes(self) -> int:
        """Of all tensors."""
        return sum(tensor.size_bytes for tensor in self.tensors.values())


@dataclass(frozen=True, slots=True)
class Embeddings:
    """The tensors with a row a piece. `others`: the output's matrix and bias; none if it is tied to
    the input's.
    """

    input: Tensor
    others: tuple[Tensor, ...]

    @property
    def all(self) -> tuple[Tensor, ...]:
        """The input's and the output's."""
        return (self.input, *self.others)


def open_model(path: Path) -> Model:
    """A model; only headers are read. Raises `UsageError` if it is not whole."""
    if not path.is_dir():
        return Model(path, None, [open_weights(path)], _configs(path.parent))
    if (path / INDEX).is_file():
        index = _json(path / INDEX)
        try:
            places = of_kind(index.get("weight_map"), dict[str, str])
            of_kind(index.get("metadata") or {}, dict[str, Any])
        except ValueError:
            places = {}
        names = sorted(set(places.values()))
        if not names or any(Path(name).name != name for name in names):
            raise UsageError(
                f"{path / INDEX} names no files of this folder, or its metadata is not an object; "
                f"copy it again"
            )
        files = [open_weights(path / name) for name in names]
        found = {name: one.path.name for one in files for name in one.tensors}
        if missing := [name for name, file in places.items() if found.get(name) != file]:
            raise UsageError(f"{path}: {missing[0]} is not in the file that {INDEX} names")
        return Model(path, path, files, _configs(path), index)
    if (path / SINGLE).is_file():
        return Model(path, path, [open_weights(path / SINGLE)], _configs(path))
    raise UsageError(
        f"{path} holds neither {SINGLE} nor {INDEX}; name the folder of a model in safetensors "
        f"files, or one such file"
    )


def _configs(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        name: _json(folder / name) for name in (CONFIG, GENERATION) if (folder / name).is_file()
    }


def _json(path: Path) -> dict[str, Any]:
    try:
        return parse_json(read_file(path), dict[str, Any])
    except (OSError, ValueError) as error:
        reason = reason_of(error)
        raise UsageError(f"{path} is not a readable JSON object: {reason}") from error


def find_embeddings(model: Model, named_input: str | None, named_output: str | None) -> Embeddings:
    """The input and output embeddings, by their usual names or as named.

    Raises `UsageError` if one is missing, several may be meant, or it is no matrix of floats.
    """
    tensors = model.tensors
    inputs = [named_input] if named_input else [one for one in INPUT_NAMES if one in tensors]
    if not inputs or inputs[0] not in tensors:
        what = f"no tensor {named_input}" if named_input else "no input embedding of a known name"
        raise UsageError(f"{model.path} has {what}; name it with --input-tensor; {_some(tensors)}")
    if len(inputs) > 1:
        raise UsageError(
            f"{model.path} has {' and '.join(inputs)}; name the one to rewrite with --input-tensor"
        )
    first = tensors[inputs[0]]
    if named_output and named_output not in tensors:
        raise UsageError(f"{model.path} has no tensor {named_output}; {_some(tensors)}")
    names = [named_output] if named_output else [one for one in OUTPUT_NAMES if one in tensors]
    if not names and _setting(model.configs.get(CONFIG, {}), "tie_word_embeddings") is False:
        raise UsageError(
            f"{model.path} has no output embedding of a known name, and {CONFIG} says that it is "
            f"not tied to the input's; name it with --output-tensor, or name the whole model's "
            f"folder; {_some(tensors)}"
        )
    found = Embeddings(first, tuple(tensors[name] for name in names if name != first.name))
    for one in found.all:
        if one.dtype not in FLOATS:
            raise UsageError(
                f"{one.path}: {one.name} is of type {one.dtype}; embeddings must be "
                f"{', '.join(FLOATS)}"
            )
        if 0 in one.shape or (len(one.shape) != 2 and (one is first or len(one.shape) != 1)):
            raise UsageError(f"{one.path}: {one.name} has shape {list(one.shape)}, no matrix")
        if one.shape[0] != first.shape[0]:
            raise UsageError(
                f"{one.path}: {one.name} has {one.shape[0]:,} rows, {first.name} has "
                f"{first.shape[0]:,}; name the right ones with --input-tensor and --output-tensor"
            )
    return found


def _some(tensors: Mapping[str, Tensor]) -> str:
    matrices = [one for one in tensors.values() if len(one.shape) == 2]
    largest = sorted(matrices, key=lambda one: -one.size_bytes)[:_SHOWN]
    return "its largest matrices: " + ", ".join(f"{one.name} {list(one.shape)}" for one in largest)


def _setting(config: Any, key: str) -> Any:
    """A setting of the model or of the part of it that has text."""
    inner = config.get("text_config")
    return config.get(key, inner.get(key) if isinstance(inner, dict) else None)


def mended(
    config: dict[str, Any], rows: int, new_rows: int, moved: Callable[[int, str], int]
) -> tuple[dict[str, Any], list[str]]:
    """A configuration for the new vocabulary, and what in it is to be looked at.

    `vocab_size` becomes the new number of rows where it is the old one; numbers of special pieces
    (`eos_token_id`) become those of the same pieces; lists of others (`suppress_tokens`) are only
    told. `moved`: of an old piece and the key the new piece, or -1.
    """
    remarks = []
    new: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, dict):
            value, inner = mended(value, rows, new_rows, moved)
            remarks += inner
        elif key == "vocab_size":
            if value == rows:
                value = new_rows
            else:
                remarks.append(f"vocab_size stays {value}: the old embeddings have {rows:,} rows")
        elif key.endswith(("_token_id", "_token_index")):
            several = value if isinstance(value, list) else [value]
            if all(type(one) is int for one in several):
                numbers = [moved(one, key) if one >= 0 else one for one in several]  # -1 is none
                if any(new < 0 <= old for old, new in zip(several, numbers, strict=True)):
                    remarks.append(f"{key} stays {value}, which the new vocabulary does not have")
                else:
                    value = numbers if isinstance(value, list) else numbers[0]
        elif key.endswith(("_tokens", "_ids")) and isinstance(value, list) and value:
            remarks.append(f"{key} stays {value}, numbers of pieces of the old vocabulary; mend it")
        new[key] = value
    return new, remarks


def refuse_output(output: Path, model: Model) -> None:
    """Raise `UsageError` if the output is there, or is not of the source's kind."""
    if output.is_symlink() or output.exists():
        raise UsageError(f"{output} exists; name another -o, or remove it first")
    if not output.absolute().parent.is_dir():
        raise UsageError(f"{output} cannot be written: there is no such folder; make it first")
    if model.folder and output.suffix == ".safetensors":
        raise UsageError(f"{model.path} is a folder, and so is the output; name a folder with -o")


def leftovers(output: Path) -> list[Path]:
    """What runs that were killed, or are at work, have begun to write for this output."""
    return sorted(
        output.absolute().parent.glob(glob.escape(f".{output.name}.") + f"*{PARTIAL_SUFFIX}")
    )


@contextmanager
def new_files(output: Path, model: Model) -> Iterator[Callable[[str], Any]]:
    """Opens files of the new model by name; of a model that is a file, the output itself.

    They appear under the output's name when the block ends without an exception; else none does.
    Two runs at once write to different temporary names. Raises `UsageError` if a folder is there
    by now.
    """
    if model.folder is None:
        with published(output, is_contended=True) as file:
            yield lambda _name: nullcontext(file)
        sync_folders([output])
        return
    partial = partial_path(output, f".{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        yield lambda name: published(partial / name)
        sync_folders([partial / "any"])
        if output.exists():
            raise UsageError(f"{output} was written by another run meanwhile; name another -o")
        partial.rename(output)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    sync_folders([output])
