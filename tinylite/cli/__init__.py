"""The command line, which does nothing that the library cannot do: one file a command, named after it.

`tinylite/cli/run.py` defines `tinylite run` as `run`; what several commands share is in `tinylite/cli/base/`. Nothing lists the commands:
each is found by its file, and imported when it is asked for, so adding one means adding a file.
"""

from __future__ import annotations

import click

from .. import __version__
from .base.group import CommandFolder, MainGroup
from .base.terminal import CONTEXT

__all__ = ["main"]


@click.group(cls=MainGroup, commands=CommandFolder(__name__), context_settings=CONTEXT)
@click.version_option(__version__, message="tinylite %(version)s")
def main() -> None:
    """Run, inspect and convert TensorFlow Lite files without TensorFlow.

    \b
    Exit codes:
      0    done
      1    a file or a model cannot be used; the message says why
      2    the command line is wrong
      130  stopped with Ctrl-C
    \b
    Environment:
      TINYLITE_CACHE                where compiled kernels are kept
      TINYLITE_CPU                  which of the CPU's instructions to use
      TINYLITE_MEMORY_LIMIT         the most bytes that a model or an input file may take
      TINYLITE_MAX_LOOP_ITERATIONS  the most iterations of a model's loops; unlimited if not set
      TINYLITE_QUIET                if set, say nothing while kernels compile
    """
