"""Tests of the lexicon room: finding, reading, cleaning, compiling."""
