"""The kernel: which words of documents are swapped for what, by array operations on their UTF-8.

It knows no files, no command line and no lexicon format. `link/reference` says in plain Python what
is right; what is here says the same thing fast.
"""

KERNEL_VERSION = 7
"""Rises whenever any document would get other swaps than before."""
