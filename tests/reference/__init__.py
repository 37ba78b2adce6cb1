"""The reference kernel against docs/words.md, rule by rule, by example."""
