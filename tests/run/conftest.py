"""A lexicon and a corpus for runs, and places at URLs for their output."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from link.lexicon import Lexicon
from tests.helpers import TINY_LEXICON, compress, json_lines, some_records
from tests.run.verified import make_run
from tests.s3 import CuttingProxy, served


@pytest.fixture(scope="session")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    path = tmp_path_factory.mktemp("lexicon") / "tiny.tsv"
    path.write_text(TINY_LEXICON, encoding="utf-8")
    return Lexicon.load(path)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Shards of every compression and spelling, in folders, beside a file that is none."""
    root = tmp_path / "in"
    special = (
        b"\xef\xbb\xbf"
        + b'{"text":"the dog", "score":1.0, "n":NaN, "id":12345678901234567890123}\r\n'
        + b'\n{"text":null}\n{"text":""}\n{"text":"the","text":"a dog\\u0027s house"}\n \n'
        + b'{"text":"\\ud800 the dog \\ud83d"}\n{"text":"no final newline, the dog"}'
    )
    shards = {
        "a.jsonl": json_lines(some_records(30, 1)),
        "b.jsonl.gz": compress(json_lines(some_records(30, 2), ensure_ascii=False), "gz"),
        "sub/c.ndjson.zst": compress(json_lines(some_records(30, 3)), "zst"),
        "sub/deep/d.json": special,
        "sub/empty.jsonl": b"",
        "README.md": b"not a shard",
    }
    for name, data in shards.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """A corpus, and every file of the run on it."""
    return make_run(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def s3() -> Iterator[CuttingProxy]:
    """The proxy before an S3 server, which this process and those it starts reach."""
    with served() as (files, proxy, options), pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", options["key"])
        environment.setenv("AWS_SECRET_ACCESS_KEY", options["secret"])
        environment.setenv("AWS_ENDPOINT_URL", options["endpoint_url"])
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        environment.setenv("AWS_MAX_ATTEMPTS", "1")
        environment.setattr(type(files), "retries", 2)
        yield proxy


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place for the output, in which nothing is."""
    if getattr(request, "param", "memory") == "memory":
        return f"memory://{tmp_path}/out"
    return str(request.getfixturevalue("s3_url"))


@pytest.fixture
def s3_url(s3: CuttingProxy, tmp_path: Path) -> str:
    s3.cut("up", 0, times=0)
    return f"s3://bucket/{tmp_path.name}/out"
