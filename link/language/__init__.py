"""What both kernels share, and nothing else: frozen tables, closed lists, what a headword is, and
the definition of one draw.

    unicode.py      letters, marks, digits; folding; capitals
    characters.py   blanks, quotes, terminators, …
    english.py      contractions, abbreviations, function words
    rules.py        the names of the rules, their lists and weights
    headwords.py    a lexicon's entry as the kernels need it
    draws.py        one random number
"""
