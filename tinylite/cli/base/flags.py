"""Options spelt as TensorFlow's tools take them, so that a command line copied from a tutorial works with another program name.

    @main.command(cls=FlagCommand)
    @click.option("--input_graph")
    @switch("--input_binary", help="...")
    @without_effect("--restore_op_name", switch=False)

takes `--input-graph X`, `--INPUT_GRAPH=X`, `--input_binary`, `--input_binary=true`, `--input_binary false`, `--noinput_binary`, and
says of `--restore_op_name Y` that it has no effect.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import click

from .terminal import echo

__all__ = ["FlagCommand", "normal_name", "switch", "without_effect"]

F = TypeVar("F", bound=Callable[..., Any])


def normal_name(name: str) -> str:
    """The one spelling of an option's name, or of a value out of a list: small letters, and _ for -."""
    return name.lower().replace("-", "_")


class _Switch(click.Option):
    """A boolean option whose value may be left out. FlagCommand writes the value of every one out, as --name=true."""

    def make_metavar(self, ctx: click.Context) -> str:
        return "[=true|false]"


def switch(*names: str, **settings: Any) -> Callable[[F], F]:
    """A boolean option: --name, --name=true, --name false, --noname. Takes the settings of click.option; false unless they say."""
    return click.option(*names, cls=_Switch, type=click.BOOL, **{"default": False, **settings})


def without_effect(*names: str, switch: bool = False, why: str | None = None, help: str | None = None) -> Callable[[F], F]:
    """An option that old command lines have and that changes nothing here: a note says so, and `why`.

    The command's function does not get it.
    """
    reason = "" if why is None else f": {why}"

    def note(ctx: click.Context, option: click.Parameter, value: object) -> None:
        if value is not None:
            echo(f"Note: {option.opts[0]} has no effect{reason}", err=True)

    kind: dict[str, Any] = {"cls": _Switch, "type": click.BOOL} if switch else {}
    return click.option(*names, expose_value=False, callback=note, help=help or f"Accepted; has no effect{reason}.", **kind)


class FlagCommand(click.Command):
    """A command whose options' names, and whose choices, may be written in any letter case and with - or _."""

    def __init__(self, name: str | None, context_settings: dict[str, Any] | None = None, **settings: Any) -> None:
        super().__init__(name, {"token_normalize_func": normal_name, **(context_settings or {})}, **settings)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(self._spelt_out(args)))

    def _spelt_out(self, args: list[str]) -> Iterator[str]:
        """The arguments, with the value of every switch written out. What follows an option as its value stays as it is."""
        options = {_bare(name): option for option in self.params if isinstance(option, click.Option) for name in option.opts}
        rest = deque(args)
        while rest:
            arg = rest.popleft()
            if arg == "--":
                yield arg
                break
            if not arg.startswith("-") or "=" in arg:
                yield arg
                continue
            name = _bare(arg)
            option = options.get(name)
            if isinstance(option, _Switch):
                follows = bool(rest) and rest[0].lower() in ("true", "false")
                yield f"{option.opts[0]}={rest.popleft() if follows else 'true'}"
            elif option is not None:
                yield arg
                for _ in range(min(option.nargs, len(rest)) if not option.is_flag and not option.count else 0):
                    yield rest.popleft()
            elif isinstance(denied := options.get(name.removeprefix("no").removeprefix("_")), _Switch):
                yield f"{denied.opts[0]}=false"
            else:
                yield arg
        yield from rest


def _bare(name: str) -> str:
    return normal_name(name.lstrip("-"))
