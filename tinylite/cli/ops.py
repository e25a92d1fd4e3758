"""`tinylite ops`: the operators that run."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import click

from ..errors import UnsupportedError, nearest
from .base.terminal import CONTEXT, console

__all__ = ["ops"]


@click.command(context_settings=CONTEXT, short_help="List the operators that tinylite runs.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def ops(names: tuple[str, ...], as_json: bool) -> None:
    """List the operators that tinylite runs, or those of these NAMEs, with types, versions and what they compute.

    A type is listed if a test compares it with LiteRT's reference kernels; "A x B" is an input of type A with weights of type B.
    """
    found: list[dict[str, Any]] = json.loads((resources.files("tinylite.ops") / "operators.json").read_text(encoding="utf-8"))
    known = {row["name"].lower(): row for row in found}
    if names:
        found = [known[name.lower()] for name in names if name.lower() in known]
    if as_json:
        click.echo(json.dumps(found, indent=1))
    else:
        _show(found)
    missing = [name for name in names if name.lower() not in known]
    if missing:
        raise UnsupportedError(f"tinylite does not run {', '.join(missing)}", nearest(missing[0], [row["name"] for row in known.values()]))


def _show(found: list[dict[str, Any]]) -> None:
    from rich.table import Table

    if not found:
        return
    table = Table("operator", "types", "versions", "")
    for row in found:
        table.add_row(row["name"], ", ".join(row["types"]), f"1 to {row['versions']}" if row["versions"] > 1 else "1", row["what"])
    console().print(table)
