"""The containers that shards come in, and the endings of their names."""

JSONL, PARQUET, ARROW, TEXT = "jsonl", "parquet", "arrow", "text"
FORMATS = (JSONL, PARQUET, ARROW, TEXT)

FORMAT_OF_SUFFIX = {
    ".jsonl": JSONL,
    ".ndjson": JSONL,
    ".json": JSONL,
    ".parquet": PARQUET,
    ".arrow": ARROW,
    ".feather": ARROW,
    ".txt": TEXT,
}
SUFFIX_OF_FORMAT = {JSONL: ".jsonl", PARQUET: ".parquet", ARROW: ".arrow", TEXT: ".txt"}

COLUMNAR = (PARQUET, ARROW)
"""These are compressed inside, hold rows with types, and are read from any place."""
