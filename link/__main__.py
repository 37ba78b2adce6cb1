"""`python -m link` is the `link` command."""

from link.cli import main

if __name__ == "__main__":
    main()
