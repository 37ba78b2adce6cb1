"""Lexicons from publishers: `sources` says where, `fetch` brings files, `files` reads them."""
