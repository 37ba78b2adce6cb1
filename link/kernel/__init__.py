"""The kernel: which words of a block are swapped for what, on bytes, by array operations.

It knows no files, no command line and no lexicon format. `reference.py` says in plain Python what
is right; everything else here says the same thing fast.
"""

KERNEL_VERSION = 3
"""Rises whenever any document would get other swaps than before."""
