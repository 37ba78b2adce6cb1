"""Previews: which documents are drawn, and how they are shown."""
