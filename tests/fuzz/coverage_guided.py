"""Coverage-guided fuzzing of the readers by Atheris, which is not a dependency: `pip install atheris` into a separate environment.

    python -m tests.fuzz.coverage_guided decoder -max_total_time=300
    python -m tests.fuzz.coverage_guided wire some/folder -max_len=4096

What follows the reader's name is libFuzzer's: a folder with more inputs, limits, or a file to try again. Starts from the same
files as the other targets. A reader fails with anything but a TinyliteError or FormatError.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from . import limits

__all__ = ["READERS"]

# What is watched for new paths: kernels are not, since numba compiles them from their bytecode.
_WATCHED = [
    *(f"tinylite.{module}" for module in ("schema", "load", "save", "model", "kinds", "files", "errors", "run", "converter.graphdef")),
    "google.protobuf",
]  # fmt: skip


def decoder(content: bytes) -> None:
    """A .tflite file to a Model and back."""
    from tinylite.model import Model

    Model.load(content).to_bytes()


def wire(content: bytes) -> None:
    """A GraphDef in binary form."""
    from tinylite.files.graphdef import read_graph_def

    read_graph_def(content, text=False)


def sstable(content: bytes) -> None:
    """The index of a checkpoint."""
    from tinylite.schema.sstable import entries
    from tinylite.schema.wire import decode_message

    for key, value in entries(memoryview(content)):
        decode_message("BundleEntryProto" if key else "BundleHeaderProto", value)


def text(content: bytes) -> None:
    """A GraphDef in text form."""
    from tinylite.files.graphdef import read_graph_def

    read_graph_def(content, text=True)


def labels(content: bytes) -> None:
    """A label file."""
    from tinylite.cli.base.running import labels_of

    labels_of(content)


def kind(content: bytes) -> None:
    """What a file is, found from its first bytes."""
    from tinylite.files.diagnose import diagnose
    from tinylite.files.file_formats import identify

    identify(content)
    diagnose(content)


READERS: dict[str, Callable[[bytes], None]] = {reader.__name__: reader for reader in (decoder, wire, sstable, text, labels, kind)}


def starts(reader: str) -> list[bytes]:
    """Sound inputs."""
    from tests.converter import test_checkpoint, test_graphdef

    from .models import FEW
    from .seeds import graphs

    if reader in ("decoder", "kind"):
        return [make().to_bytes() for make in FEW]
    if reader == "wire":
        return list(graphs().values())
    return {"sstable": [test_checkpoint.SOUND], "text": [test_graphdef.VALUES.encode()], "labels": ["cat\ndög\n".encode()]}[reader]


def main(arguments: list[str]) -> None:
    import atheris

    name, *rest = arguments
    read = READERS[name]
    limits.settings()
    with atheris.instrument_imports(include=_WATCHED):  # and nothing else: what starts are made with is imported after it
        from tinylite.errors import TinyliteError
        from tinylite.schema.table import FormatError

        with contextlib.suppress(TinyliteError, FormatError):
            read(b"")
    corpus = Path(tempfile.mkdtemp(prefix=f"tinylite-{name}-"))
    for index, content in enumerate(starts(name)):
        (corpus / str(index)).write_bytes(content)

    def once(content: bytes) -> None:
        try:
            read(content)
        except (TinyliteError, FormatError) as error:
            assert len(str(error)) < 4000, f"a message of {len(str(error))} characters"

    atheris.Setup([sys.argv[0], str(corpus), *rest], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
