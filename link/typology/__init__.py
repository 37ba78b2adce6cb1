"""How near languages are to each other, and which of many to choose."""
