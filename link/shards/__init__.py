"""Shards: which files are some, how their bytes are read and written. Lexicons are no concern."""
