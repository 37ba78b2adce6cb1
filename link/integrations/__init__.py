"""Doors for other libraries: one small file each over `link.Substituter`.

A document gets what `link substitute` makes of a document with that text (or that key), whichever
library holds it. Each module imports its library when it is imported itself; install what it needs
by the extra of that name (`link-corpus[ray]`, …).
"""
