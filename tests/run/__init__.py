"""Runs: many shards, one account."""
