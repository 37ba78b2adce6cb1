"""Tests of `link embed init`."""
