"""Options as TensorFlow's tools take them."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from tinylite.cli.base.flags import FlagCommand, switch, without_effect


@click.command(cls=FlagCommand)
@click.argument("files", nargs=-1)
@click.option("--input_file", "--graph_def_file", "-i")
@click.option("--kind", type=click.Choice(["FLOAT", "QUANTIZED_UINT8"]))
@click.option("--pair", nargs=2)
@switch("--binary", "--input_binary", help="Whether it is.")
@switch("--clear_devices", default=True)
@without_effect("--saver")
@without_effect("--video", switch=True)
def command(**given: object) -> None:
    click.echo({name: value for name, value in given.items() if value not in (None, ())})


def parsed(*arguments: str) -> dict[str, object]:
    result = CliRunner().invoke(command, list(arguments))
    assert result.exit_code == 0, result.output
    given: dict[str, object] = eval(result.stdout)
    return {name: value for name, value in given.items() if value != {"binary": False, "clear_devices": True}.get(name)}


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("--input_file=A-b", {"input_file": "A-b"}),
        ("--Input-File A-b", {"input_file": "A-b"}),
        ("--GRAPH_DEF_FILE=A=b", {"input_file": "A=b"}),
        ("-i A", {"input_file": "A"}),
        ("--input_file --binary", {"input_file": "--binary"}),
        ("--pair --binary --clear_devices", {"pair": ("--binary", "--clear_devices")}),
        ("--kind quantized-uint8", {"kind": "QUANTIZED_UINT8"}),
        ("--binary", {"binary": True}),
        ("--BINARY", {"binary": True}),
        ("--Input-Binary", {"binary": True}),
        ("--binary=true", {"binary": True}),
        ("--binary=1", {"binary": True}),
        ("--binary True x", {"binary": True, "files": ("x",)}),
        ("--binary x", {"binary": True, "files": ("x",)}),
        ("--binary -- --binary", {"binary": True, "files": ("--binary",)}),
        ("--clear_devices=false", {"clear_devices": False}),
        ("--clear-devices FALSE", {"clear_devices": False}),
        ("--noclear_devices", {"clear_devices": False}),
        ("--no-clear-devices", {"clear_devices": False}),
    ],
)
def test_spellings(line: str, wanted: dict[str, object]) -> None:
    assert parsed(*line.split()) == wanted


@pytest.mark.parametrize("line", ["--saver x", "--Saver=x", "--video", "--video=false"])
def test_what_has_no_effect_is_said(line: str) -> None:
    result = CliRunner().invoke(command, line.split())
    assert result.exit_code == 0
    assert "has no effect" in result.stderr
    assert "saver" not in result.stdout


@pytest.mark.parametrize("line", ["--binary=perhaps", "--nokind", "--no", "--input_file", "--pair x", "--unknown", "--nounknown=true"])
def test_wrong_lines(line: str) -> None:
    assert CliRunner().invoke(command, line.split()).exit_code == 2


def test_help_shows_the_forms() -> None:
    text = CliRunner().invoke(command, ["--help"]).output
    assert "--binary, --input_binary [=true|false]" in text
    assert "Whether it is." in text
