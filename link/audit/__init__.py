"""What can be proved of a run, and undone.

verify.py      all of a run beside its original: settings, shards, records, manifest
settings.py    what the run was, from its folder
compare.py     one shard beside what it should be; units.py, rows.py: line by line, row by row
recompute.py   what a piece should be: fast kernel, reference.  align.py: the aligner
changed.py, explain.py   what differs, in words
account.py     records, manifest and files
restore.py     the original, from the sidecars; undo.py: the swaps of a piece
"""
