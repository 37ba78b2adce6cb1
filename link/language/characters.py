"""Closed lists of characters that rules name. All but letters, marks and digits is here."""

TERMINATORS = ".!?\u2026\u203c\u203d\u2047\u2048\u2049"
CLOSERS = "\"')]}*_~`\u2019\u201d\u00bb\u203a"
OPENERS = "\u2018\u201a\u201b\u201c\u201e\u201f\u00ab\u2039"
BLANKS = (
    " \t\r\f\v\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""White space but the line feed, which alone ends a line."""

HYPHENS = "-\u2010\u2011"
BULLETS = "\u2022\u2023\u25e6\u2043"
DASHES = "\u2013\u2014"
LIST_MARKERS = "-*+#" + BULLETS + DASHES
APOSTROPHES = "'\u2019\u02bc"
LOOKALIKES = "`\u00b4\u0092\u2018\u201b\u2032\uff07\ufffd"
"""What stands for an apostrophe between two letters: backtick, acute, quotes, primes, what is left
of one that was decoded wrongly."""
JOINERS = APOSTROPHES + LOOKALIKES
"""What joins two letters to one word."""

IGNORED = "\u00ad\u034f\u200c\u200d\u2060\ufeff"
"""Soft hyphen and joiners: marks of which a word's form has none."""

SEPARATORS = (
    BLANKS
    + '\n"`()[]{}<>,;|'
    + "".join(
        c for c in TERMINATORS + CLOSERS + BULLETS + DASHES if c > "\x7f" and c not in APOSTROPHES
    )
    + OPENERS
)
"""What segments are parted by."""
