"""Embedding rows for a new vocabulary in an existing model, from a bilingual lexicon.

A method makes a `Recipe`: of which rows of the old matrix each new row is made, and how much of
each. The same recipe makes the input and the output embeddings.

    vocabulary  pieces as bytes, and texts cut into them    pairs   word pairs and their weights
    align       lexicon: which piece stands for which       salt    a donor model's embeddings
    recipe      recipes, and the rows that they make        weights safetensors files
    model       what of a model is rewritten, and where     report  what came out
    init        all of it together

Nothing is trained here. Tokenizers are made by the room `tokens`.
"""
