"""What a file says reaches the terminal as text only: no command obeys a name, and none prints what cannot be read."""

from __future__ import annotations

import io
import re
import sys
import types
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import tinylite.quantize.training.rewrite
from tinylite.cli import main
from tinylite.cli.base.terminal import console, shown
from tinylite.errors import TinyliteError
from tinylite.model import Graph, Metadata, Model, Op, Signature, Tensor
from tinylite.text import printable

from .converter.wire import attribute, field, message, node

# What a terminal obeys or hides: a title, a screen cleared in two ways, the bell and other controls, a line written over, letters turned
# around or without width, bytes that are not text, markup; and a line break, which would let a name write a separate line.
BAD = "\x1b]0;title\x07\x1b[2J\x9b2J\x08\x7f\x0b\r\u202e\u2066\u200b\ufeff\u2028\udc80[bold red]:smile:[/]\n"
# The same as far as the name of a node can be it.
TEXT = BAD.replace("\udc80", "").replace(":", "")


def hostile(path: Path, code: str = "NEG", labels: bytes | None = None) -> str:
    """A file all of whose names hold BAD; two graphs."""
    x, y, z = Tensor(f"x{BAD}", (1, 16)), Tensor(f"y{BAD}", (1, 16)), Tensor("z" + BAD + "z" * 5000, (1, 16))
    x.shape_signature = (-1, 16)
    custom: dict[str, Any] = {"custom_code": f"custom{BAD}", "custom_options": BAD.encode("utf-8", "replace")} if code == "CUSTOM" else {}
    graph = Graph(f"main{BAD}", [x], [z], [Op("ABS", [x], [y]), Op(code, [y], [z], **custom)])
    a, b = Tensor(f"a{BAD}", (2,)), Tensor(f"b{BAD}", (2,))
    other = Graph(f"other{BAD}", [a], [b], [Op("ABS", [a], [b])])
    model = Model([graph, other], f"a description{BAD}", metadata=[Metadata(f"metadata{BAD}", np.frombuffer(b"\x1b[2J text", np.uint8))])
    model.signatures = [Signature(f"key{BAD}", graph, {f"in{BAD}": x}, {f"out{BAD}": z})]
    model.save(path)
    if labels is not None:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as made:
            made.writestr(f"labels{TEXT.replace('/', '')}.txt", labels)
        path.write_bytes(path.read_bytes() + archive.getvalue())
    return str(path)


def hostile_graph(path: Path) -> str:
    """A GraphDef whose nodes, and an operator of which, have such names."""
    float32 = attribute("T", field(6, 1))
    placeholder = node(
        f"x{TEXT}", "Placeholder", attribute("dtype", field(6, 1)), attribute("shape", field(7, message(field(2, field(1, 4)))))
    )
    nodes = [
        node("first"),
        placeholder,
        node(f"y{TEXT}", "Neg", field(3, f"x{TEXT}"), float32),
        node(f"z{TEXT}", f"Op{TEXT}", field(3, f"y{TEXT}"), float32),
    ]
    path.write_bytes(message(*nodes))
    return str(path)


def said(*arguments: str, code: int = 0) -> str:
    """All that a command writes. Fails if there is a letter in it that cannot be printed."""
    result = CliRunner().invoke(main, arguments, prog_name="tinylite")
    text = result.output + result.stderr
    assert result.exit_code == code, f"{text}\n{result.exception!r}"
    assert unprintable(text) == set()
    return text


def unprintable(text: str) -> set[str]:
    return {letter for letter in text if not letter.isprintable() and letter != "\n"}


COMMANDS: list[tuple[int, list[str]]] = [
    (0, ["inspect", "MODEL"]),
    (0, ["inspect", "MODEL", "--no-memory"]),
    (0, ["inspect", "MODEL", "--json"]),
    (0, ["inspect", "MODEL", "--quantization"]),
    (0, ["inspect", "CUSTOM"]),
    (0, ["inspect", "CUSTOM", "--quantization"]),
    (0, ["run", "MODEL", "--random", "1", "--profile"]),
    (0, ["run", "MODEL", "--random", "1", "--labels", "LABELS"]),
    (0, ["run", "MODEL", "--random", "1", "-o", "0=out.npy"]),
    (1, ["run", "MODEL"]),
    (1, ["run", "MODEL", "nothing=there.npy"]),
    (1, ["run", "MODEL", "--random", "1", "-o", "nothing=out.npy"]),
    (1, ["run", "MODEL", "--random", "1", "--signature", "nothing"]),
    (1, ["run", "CUSTOM", "--random", "1"]),
    (0, ["convert", "MODEL", "--post_training_quantize", "-o", "out.tflite"]),
    (1, ["convert", "MODEL", "--input_arrays", "nothing", "-o", "out.tflite", "--post_training_quantize"]),
    (2, ["convert", "MODEL", "--mean_values", "1,2", "--std_dev_values", "1,2", "--inference_type", "QUANTIZED_UINT8", "-o", "out.tflite"]),
    (1, ["convert", "MODEL", "--inference_type", "QUANTIZED_UINT8", "-o", "out.tflite"]),
    (0, ["inspect", "GRAPH"]),
    (0, ["inspect", "GRAPH", "--json"]),
    (0, ["inspect", "GRAPH", "--quantization"]),
    (1, ["convert", "GRAPH", "-o", "out.tflite"]),
    (0, ["convert", "GRAPH", "-o", "out.tflite", "--allow_custom_ops", "--report"]),
]


@pytest.mark.parametrize(("code", "arguments"), COMMANDS, ids=lambda value: " ".join(value) if isinstance(value, list) else str(value))
def test_no_command_lets_a_file_speak_to_the_terminal(
    code: int, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("labels.txt").write_bytes("\n".join(f"label {number}{BAD[:-1]}" for number in range(16)).encode("utf-8", "replace"))
    files = {"LABELS": "labels.txt", "MODEL": hostile(Path("a.tflite")), "CUSTOM": hostile(Path("b.tflite"), "CUSTOM"),
             "GRAPH": hostile_graph(Path("c.pb"))}  # fmt: skip
    text = said(*(files.get(argument, argument) for argument in arguments), code=code)
    if "--json" not in arguments:
        assert not re.search(r"^\s*(\[bold red\]|:smile:)", text, re.MULTILINE), "a name begins a line of its own"


def test_names_are_shown_with_their_escapes_and_brackets(tmp_path: Path) -> None:
    text = said("inspect", hostile(tmp_path / "a.tflite"))
    assert r"x\x1b]0;title\x07\x1b[2J\x9b2J\x08\x7f\x0b\r\u202e\u2066\u200b\ufeff\u2028\udc80[bold red]:smile:[/]\n" in re.sub(
        r"[│\s]+", "", text.replace("[bold red]", "[bold\0red]")
    ).replace("\0", " ")
    assert "z" * 700 not in text


def test_tables_have_no_colour_but_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, where sequences are written, those of names are not among them."""
    from rich.table import Table

    out = console()
    out.file, out._force_terminal, out._color_system, out.width = io.StringIO(), True, None, 1000
    table = Table(BAD, title=BAD, caption=BAD)
    table.add_row(BAD)
    out.print(table, BAD)
    text = re.sub(r"\x1b\[[0-9;]*m", "", out.file.getvalue())
    assert unprintable(text) == set()
    assert "[bold red]:smile:[/]" in text


def test_view_says_nothing_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Netron reads names in the browser; the terminal gets the address and the path."""

    def stop(seconds: float) -> None:
        raise KeyboardInterrupt

    fake = types.SimpleNamespace(start=lambda path, address, browse: ("localhost", 8080), stop=lambda address: None)
    monkeypatch.setitem(sys.modules, "netron", fake)
    monkeypatch.setattr("time.sleep", stop)
    path = tmp_path / "a\x1b[2J\u202e.tflite"
    text = said("view", hostile(path), "--no-browse", code=130)
    assert r"a\x1b[2J\u202e.tflite" in text


# ---- labels


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\0\0", bytes(range(256)), b"cat\0dog", "Katze\nHund".encode("utf-16"), "Bär".encode("latin-1")]
)
def test_labels_that_are_no_text_are_refused(content: bytes, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_bytes(content)
    text = said("run", hostile(tmp_path / "a.tflite"), "--random", "1", "--labels", str(labels), code=1)
    assert f"{labels}: it is not text" in text and "saved as UTF-8" in text


def test_attached_labels_that_are_no_text_are_left_out(tmp_path: Path) -> None:
    text = said("run", hostile(tmp_path / "a.tflite", labels=b"\xff\xfe\0"), "--random", "1")
    assert "Note: " in text and "is not used: it is not text" in text
    text = said("run", hostile(tmp_path / "b.tflite", labels=b"\n".join(b"cat\x1b[2J" for _ in range(16))), "--random", "1")
    assert r"cat\x1b[2J" in text and "Note" not in text


# ---- the one place


def test_errors_and_their_remedies_are_printable() -> None:
    error = TinyliteError(f"problem {BAD}", f"remedy {BAD}")
    error.places.append(f"place {BAD}")
    assert unprintable(str(error)) == set()


def test_warnings_are_printable(monkeypatch: pytest.MonkeyPatch) -> None:
    rewrite = tinylite.quantize.training.rewrite
    monkeypatch.setattr(rewrite, "_layers", lambda graph: [])
    graph = types.SimpleNamespace(get_operations=lambda: [])
    inserted: Any = types.SimpleNamespace(unread=[(BAD, BAD)], layers=[])
    with pytest.warns(UserWarning) as caught:
        rewrite._warn(graph, inserted, "")
    assert unprintable(str(caught[0].message)) == set()


@pytest.mark.parametrize("made", [printable, shown], ids=["printable", "shown"])
def test_text_is_kept_and_all_else_is_written_out(made: Callable[[str], str]) -> None:
    assert made("Grüße, 猫 🐈 [x] 50 %") == "Grüße, 猫 🐈 [x] 50 %"
    assert made("a\nb\tc") == r"a\nb\tc"
    for number in (
        *range(32),
        *range(127, 160),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        *range(0x200B, 0x2010),
        0xFEFF,
        0xD800,
        0xE0001,
    ):
        assert made(chr(number)) == repr(chr(number))[1:-1] != chr(number)
    assert len(made("x" * 10**6)) < 1000
    assert printable("a\nb", lines=True) == "a\nb"


def test_plain_data_are_printable_to_the_last_key() -> None:
    assert shown({"a\n": [("b\x1b", 1, None)]}) == {"a\\n": [["b\\x1b", 1, None]]}
