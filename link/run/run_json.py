"""`OUT/_link/run.json`: what a run was."""

from typing import TYPE_CHECKING, Any, Literal, TypedDict

from link.errors import UsageError
from link.policy import Policy
from link.untrusted import of_kind, read_json

if TYPE_CHECKING:
    from link.run.folder import RunFolder

FILES = "files"
"""In run.json: the SHA-256 of each file beside it that says what may be swapped."""


class LexiconTold(TypedDict):
    """What run.json says of a lexicon."""

    name: str
    language: str
    sha256: str
    headwords: int
    licence: str
    inflected_forms: int
    inflections_sha256: str
    weight: float


LEFT_ALONE = "left_alone"


class _Optional(TypedDict, total=False):
    version: str
    files: dict[str, str]
    left_alone: list[str]


class RunJson(_Optional):
    """What run.json holds."""

    kernel_version: int
    seed: int
    policy: dict[str, Any]
    lexicons: list[LexiconTold]
    select: dict[str, dict[str, Any] | None] | None
    text_field: list[str]
    key_field: str | None
    where: list[str]
    on_error: Literal["fail", "skip", "quarantine"]
    swaps: bool
    mark: str | None
    format: Literal["jsonl", "parquet", "arrow", "text"] | None
    document: Literal["line", "paragraph", "file"]
    compression: str | None


def what_decides(run: dict[str, Any]) -> dict[str, Any]:
    """What of run.json decides the output."""
    return {name: value for name, value in run.items() if name not in (FILES, LEFT_ALONE)}


def read_run(folder: "RunFolder") -> dict[str, Any]:
    """What run.json holds. Raises `UsageError` if there is no run that this version can tell of."""
    shown = folder.files.shown(folder.run_path)
    try:
        run = read_json(folder.run_path, dict[str, Any])
    except FileNotFoundError:
        raise UsageError(f"{folder.shown} is not the output of a run: {shown} is missing") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{shown} is damaged: {error}") from error
    if "kernel_version" not in run:
        raise UsageError(f"{shown} is damaged: it does not say what the run was")
    return run


def refuse_damaged(run: dict[str, Any], folder: "RunFolder") -> None:
    """Raise `UsageError` if run.json does not hold what a run of this version writes."""
    try:
        of_kind(run, RunJson)
        Policy(seed=run["seed"], **run["policy"])
    except (TypeError, ValueError) as error:
        raise UsageError(f"{folder.files.shown(folder.run_path)} is damaged: {error}") from error
