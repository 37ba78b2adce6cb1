"""Runs: what is to be done, doing it shard by shard, and the account of it under `OUT/_link/`."""
