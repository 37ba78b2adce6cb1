"""Training data made of a run's swaps: aligned sentence pairs, words in context, prompts."""

KINDS = ("pairs", "words", "prompts", "pharaoh")
