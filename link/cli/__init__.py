"""The command line: it parses and calls. One file a command; heavy imports happen inside them."""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

import click

from link import __version__
from link.cli.embed import embed
from link.cli.export import export
from link.cli.languages import languages
from link.cli.lexicon import lexicon
from link.cli.manifest import manifest
from link.cli.mix import mix
from link.cli.plan import plan
from link.cli.preview import preview
from link.cli.probes import facts, probes
from link.cli.restore import restore
from link.cli.stats import stats
from link.cli.substitute import EXIT_INTERRUPTED, substitute
from link.cli.terminal import prepare_streams
from link.cli.tokenizer import tokenizer
from link.cli.transliterate import transliterate
from link.cli.verify import verify
from link.errors import LinkError, OutputClosedError, UsageError, reason_of, shortage, unforeseen
from link.printable import printable

EXIT_FAILED, EXIT_USAGE = 1, 2
EXIT_BROKEN_PIPE = 141  # as a shell reports a program that a closed pipe ended


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "--version", prog_name="link-corpus")
def cli() -> None:
    """Swap words of English pretraining shards for translations from a bilingual lexicon.

    \b
    Exit status: 0 done, 1 finished but some shards failed, 2 usage, configuration or
    lexicon error, 130 interrupted (run again to resume).
    """


cli.add_command(substitute)
cli.add_command(stats)
cli.add_command(preview)
cli.add_command(verify)
cli.add_command(restore)
cli.add_command(export)
cli.add_command(lexicon)
cli.add_command(tokenizer)
cli.add_command(plan)
cli.add_command(mix)
cli.add_command(embed)
cli.add_command(manifest)
cli.add_command(languages)
cli.add_command(transliterate)
cli.add_command(facts)
cli.add_command(probes)


def main() -> NoReturn:
    """Run the command line; every error that we raise on purpose is one line."""
    prepare_streams()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's; unused, they take 40 MB and more
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = cli.main(prog_name="link", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        code = EXIT_USAGE
    except click.ClickException as error:
        command = (
            error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "link"
        )
        code = _say(f"{error.format_message()} See `{command} --help`.", EXIT_USAGE)
    except UsageError as error:
        code = _say(error, EXIT_USAGE)
    except OutputClosedError:
        # Python would complain again when it flushes and exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = EXIT_BROKEN_PIPE
    except LinkError as error:
        code = _say(error, EXIT_FAILED)
    except OSError as error:
        where = error.filename or (None if shortage(error) else "output")
        code = _say(f"{where}: {reason_of(error)}" if where else reason_of(error), EXIT_FAILED)
    except (KeyboardInterrupt, click.Abort):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # another one changes nothing any more
        code = _say("interrupted; run the same command again to resume", EXIT_INTERRUPTED)
    except Exception as error:
        code = _say(unforeseen(error), EXIT_FAILED)
    sys.exit(code if isinstance(code, int) else 0)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _say(message: object, code: int) -> int:
    click.echo(f"link: error: {printable(str(message))}", err=True)
    return code
