"""Counts that add up, and how they are shown. What produced them is no concern of this room."""
