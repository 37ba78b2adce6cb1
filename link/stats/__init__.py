"""Statistics: coverage, reach and tokens of a corpus, estimated or achieved."""
