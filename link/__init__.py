"""LINK: swap words of an English corpus for their translations, by a bilingual lexicon.

import link

substituter = link.Substituter(link.Lexicon.load("en-de"), link.Policy(ratio=0.3, seed=7))
substituter("The dog sleeps.")
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = ["Lexicon", "LinkError", "Policy", "Substituter", "__version__"]

if TYPE_CHECKING:
    from link.errors import LinkError
    from link.lexicon import Lexicon
    from link.policy import Policy
    from link.substituter import Substituter

_HOME = {
    "Lexicon": "link.lexicon",
    "LinkError": "link.errors",
    "Policy": "link.policy",
    "Substituter": "link.substituter",
}


def __getattr__(name: str) -> Any:
    """Import on first use: `link --help` should not have to wait for numpy."""
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
