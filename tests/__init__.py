"""The tests: what LINK promises, each promise by name."""
