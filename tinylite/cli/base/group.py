"""The program that the commands belong to: it finds them by their files, and turns errors into messages and exit codes."""

from __future__ import annotations

import importlib
import io
import os
import pkgutil
import sys
import warnings
from collections.abc import Iterator, MutableMapping
from typing import Any

import click

from ...errors import TinyliteError
from ...text import printable
from .terminal import echo

__all__ = ["ERROR_CODE", "CommandFolder", "MainGroup"]

ERROR_CODE = "tinylite.error_code"  # in a context's meta: the exit code of errors, where 1 says something else


class CommandFolder(MutableMapping[str, click.Command]):
    """The commands in a package's folder, by name: `detect_faces.py` defines `detect_faces`, the command `detect-faces`.

    Listing them reads the folder; looking one up imports its module, and no other. Folders are not commands. Commands can be added
    besides, as to any click group. Raises NameError for a file that does not define its command.
    """

    def __init__(self, package: str) -> None:
        self.package = package
        self._added: dict[str, click.Command] = {}

    def __iter__(self) -> Iterator[str]:
        # Read every time: the folder is small, and a path may be added to the package.
        folder = pkgutil.iter_modules(sys.modules[self.package].__path__)
        yield from sorted({module.name.replace("_", "-") for module in folder if not module.ispkg} | set(self._added))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, name: str) -> click.Command:
        if name in self._added:
            return self._added[name]
        if all(name != listed for listed in self):
            raise KeyError(name)
        attribute = name.replace("-", "_")
        module = importlib.import_module(f"{self.package}.{attribute}")
        command = getattr(module, attribute, None)
        if not isinstance(command, click.Command):
            raise NameError(f"{module.__file__} must define the click command {attribute}")
        return command

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._added[name] = command

    def __delitem__(self, name: str) -> None:
        del self._added[name]


class MainGroup(click.Group):
    """Turns tinylite's errors into a message and exit code 1, or what ERROR_CODE says, and Ctrl-C into exit code 130."""

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
            ctx.exit(_error_code(ctx))
        except MemoryError:
            # What has no separate limit; the message needs hardly any memory, and much of it has been freed by now.
            echo("Error: this takes more memory than is available. Give a smaller file, or end other programs", err=True)
            ctx.exit(_error_code(ctx))
        except click.ClickException as error:
            error.message = printable(error.message, lines=True)  # type: ignore[misc]
            raise
        except OSError as error:
            if isinstance(error, BrokenPipeError):  # the reader has gone, and what is left to be written has nowhere to go
                _drop_what_is_left()
            else:
                echo(f"Error: it cannot be written: {error}", err=True)
            ctx.exit(_error_code(ctx))
        except KeyboardInterrupt:
            echo("\nStopped", err=True, lines=True)
            ctx.exit(130)


def _drop_what_is_left() -> None:
    """Let what streams without a reader hold go nowhere: Python flushes them when it ends, and would complain."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def _error_code(ctx: click.Context) -> int:
    """The exit code of an error, whatever its kind."""
    return int(ctx.meta.get(ERROR_CODE, 1))
