"""Standard output for tables."""

from rich.console import Console

from link.errors import OutputClosedError


class StandardOutput(Console):
    """A console whose reader may have had enough: rich would end the process with status 1."""

    def on_broken_pipe(self) -> None:
        """Raise `OutputClosedError`."""
        raise OutputClosedError("nobody reads standard output any more")
