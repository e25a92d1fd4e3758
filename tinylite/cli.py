"""The command line: what all commands share. Each is a file in commands/, and does nothing that the library cannot do."""

from __future__ import annotations

import io
import sys
import warnings
from typing import Any

import click

from . import __version__
from .commands.convert import convert
from .commands.demo import demo
from .commands.freeze import freeze
from .commands.inspect import inspect
from .commands.ops import ops
from .commands.run import run
from .commands.view import view
from .errors import TinyliteError
from .terminal import CONTEXT, echo
from .text import printable

__all__ = ["main"]


class _Group(click.Group):
    """Turns tinylite's errors into a message and exit code 1, and Ctrl-C into exit code 130."""

    def invoke(self, ctx: click.Context) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # names of tensors may hold what a terminal cannot show
        try:
            with warnings.catch_warnings():
                warnings.showwarning = lambda message, *unused, **unused_too: click.echo(f"Note: {message}", err=True)
                return super().invoke(ctx)
        except TinyliteError as error:
            echo("Error: ", fg="red", bold=True, nl=False, err=True)
            echo(str(error), err=True, lines=True)
            ctx.exit(1)
        except MemoryError:
            # What has no limit of its own; the message needs hardly any memory, and much of it has been freed by now.
            echo("Error: this takes more memory than the system gives. Give a smaller file, or end other programs", err=True)
            ctx.exit(1)
        except click.ClickException as error:
            error.message = printable(error.message, lines=True)  # type: ignore[misc]
            raise
        except OSError as error:
            if isinstance(error, BrokenPipeError):  # the reader has gone, which click knows how to end
                raise
            echo(f"Error: it cannot be written: {error}", err=True)
            ctx.exit(1)
        except KeyboardInterrupt:
            echo("\nStopped", err=True, lines=True)
            ctx.exit(130)


@click.group(cls=_Group, context_settings=CONTEXT)
@click.version_option(__version__, message="tinylite %(version)s")
def main() -> None:
    """Run and look into TensorFlow Lite files without TensorFlow.

    \b
    Exit codes:
      0    done
      1    a file or a model cannot be used; the message says why
      2    the command line is wrong
      130  stopped with Ctrl-C
    \b
    Environment:
      TINYLITE_CACHE         where compiled kernels are kept
      TINYLITE_CPU           which of the CPU's instructions to use
      TINYLITE_MEMORY_LIMIT  the most bytes that a model or an input file may take
      TINYLITE_TURN_LIMIT    how often a model's loops may turn; without it one may run forever
      TINYLITE_QUIET         if set, say nothing while kernels compile
    """


for command in (convert, demo, freeze, inspect, ops, run, view):
    main.add_command(command)
