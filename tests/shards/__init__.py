"""Shards: containers read and written, found and published."""
