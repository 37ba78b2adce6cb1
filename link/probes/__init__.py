"""Probes of what crosses languages: facts told in English alone, and form against meaning.

They are data for a model that is trained and asked elsewhere.
"""
