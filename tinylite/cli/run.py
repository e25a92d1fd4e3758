"""`tinylite run`: a model on files, and what comes out."""

from __future__ import annotations

import math
import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ..arithmetic import ARITHMETICS, FAST
from ..errors import FileError, at
from ..text import is_terminal
from .base.terminal import CONTEXT, console, echo, echo_json

if TYPE_CHECKING:
    from ..inputs.normalization import Normalization
    from ..report.profile import Profile
    from .base.running import Session

__all__ = ["run"]


class _Run(click.Command):
    """Says how a negative number is given, which looks like an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        negative = next((text for text in args if re.match(r"-\.?\d", text)), None)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if negative is None or not negative.startswith(error.option_name):
                raise
            raise click.UsageError(f"{negative} looks like an option: give a negative number as 0={negative}, or NAME={negative}") from None


@click.command(cls=_Run, context_settings=CONTEXT)
@click.argument("model", type=click.Path())
@click.argument("files", nargs=-1, metavar="[INPUT]...")
@click.option("--mean", type=float, help="Subtract this from pixels (0..255) or samples (-1..1).  [default: 0 if --std is given]")
@click.option("--std", type=float, help="Then divide by this.  [default: 1 if --mean is given]")
@click.option("--raw", is_flag=True, help="Take the bytes of pixels as the bytes of an 8-bit input.")
@click.option(
    "--resize",
    type=click.Choice(["stretch", "crop", "pad", "none"]),
    default="stretch",
    show_default=True,
    help="How a picture gets the input's size.",
)
@click.option("--top", "top", type=click.IntRange(1), default=5, show_default=True, help="How many classes to show.")
@click.option(
    "--labels",
    type=click.Path(exists=True, dir_okay=False),
    help="Class names, a line each.  [default: the model's attached label file, if any]",
)
@click.option(
    "--output",
    "-o",
    "outputs",
    multiple=True,
    metavar="[NAME=]FILE",
    help="Write an output, the first or NAME: .npy as an array, .png or .jpg as a picture; .npz takes all. May be repeated.",
)
@click.option("--all-tensors", is_flag=True, help="Write every tensor that the run computes, with -o to an .npz file.")
@click.option("--json", "as_json", is_flag=True, help="Print outputs, times and what was done to inputs as JSON.")
@click.option("--signature", metavar="KEY", help="Run this signature, with its names.  [default: the first graph's first]")
@click.option("--graph", type=click.IntRange(0), help="Run the graph of this number.  [default: the signature's, or 0]")
@click.option("--shape", "shapes", multiple=True, metavar="NAME=SIZES", help="Give an input this shape, as in x=1,16000. May be repeated.")
@click.option("--size", metavar="WxH", help="The picture's width and height, for an input that is a row of pixels.")
@click.option("--rate", type=click.IntRange(1, 1_000_000), metavar="HZ", help="Change sound to this rate, which the model takes.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads that share the work.")
@click.option(
    "--arithmetic",
    type=click.Choice(sorted(ARITHMETICS)),
    default=FAST.name,
    show_default=True,
    help="How results are rounded: integers as LiteRT's reference kernels do, and with 'litert-reference' floats, too.",
)
@click.option("--repeat", type=click.IntRange(1), default=1, show_default=True, help="Run this many times and show the median time.")
@click.option("--profile", "profiled", is_flag=True, help="Show the time of each op.")
@click.option("--random", "--seed", "seed", type=click.IntRange(0), metavar="SEED", help="Feed random values to inputs that have no file.")
@click.option("--range", "ranges", multiple=True, metavar="NAME=LOW,HIGH", help="The range of an input's random values. May be repeated.")
def run(
    model: str, files: tuple[str, ...], mean: float | None, std: float | None, raw: bool, resize: str, top: int, labels: str | None,
    outputs: tuple[str, ...], all_tensors: bool, as_json: bool, signature: str | None, graph: int | None, shapes: tuple[str, ...],
    size: str | None, rate: int | None, threads: int, arithmetic: str, repeat: int, profiled: bool, seed: int | None,
    ranges: tuple[str, ...],
) -> None:  # fmt: skip
    """Run MODEL on files and show what comes out.

    INPUT is a picture, a sound, an .npy or .npz file, numbers as they are (3.5, [1, 2, 3]; the real ones, if the input is quantized),
    or - for any of these from stdin: for the model's inputs in their order, or as NAME=INPUT or NUMBER=INPUT for one of them, counted
    from 0. An .npz file goes to the inputs whose names its arrays have.

    Pictures get the input's size, and their pixels become the numbers that the file's metadata or the input's own quantization says,
    or -1..1; with --mean and --std they become (pixel - mean) / std. All of it is quantized if the input is. Sound gets the
    rate that the metadata or --rate says. What was done is said on stderr.

    \b
    Examples:
      tinylite run mobilenet.tflite cat.jpg --labels labels.txt
      tinylite run style.tflite photo.jpg --mean 127.5 --std 127.5 -o painted.png
      tinylite run speech.tflite samples=yes.wav --rate 16000 --top 3
      tinylite run detector.tflite image=street.png -o boxes=boxes.npy --repeat 20
      tinylite run melspectrogram.tflite --seed 1 --shape sound=1,16000 --profile
      tinylite run sine.tflite 1.57 --json
    """
    from ..files.io import check_not_source
    from ..interpreter import Interpreter
    from ..report.describe import time_text
    from .base.results import Result
    from .base.running import Reading, Session

    notes: list[str] = []

    def note(text: str) -> None:
        if text not in notes:
            notes.append(text)
            echo(f"Note: {text}", err=True)

    reading = Reading(_normalization(mean, std, raw), resize, raw, rate, _size(size), note)
    if all_tensors and not (outputs and all("=" not in entry and entry.lower().endswith(".npz") for entry in outputs)):
        raise click.UsageError("--all-tensors are written to an .npz file: give -o all.npz")
    interpreter = Interpreter(
        model,
        num_threads=threads,
        experimental_preserve_all_tensors=all_tensors,
        arithmetic=arithmetic,
    )
    session = Session(interpreter, signature, graph)
    for text in session.notes:
        note(text)
    targets = [session.target(entry) for entry in outputs]
    for path, _ in targets:
        for file in files:
            check_not_source(path, file)
            check_not_source(path, file.partition("=")[2])  # of NAME=INPUT
    session.shape(shapes)
    session.feed(files, reading, seed, session.ranges(ranges))
    times = _with_progress(session.runs(repeat), repeat)
    profile = _profile(session, repeat) if profiled else None
    results = [
        Result(name, values, details, *_labels(session, number, labels, note))
        for number, (name, values, details) in enumerate(session.outputs())
    ]
    for path, chosen in targets:
        if all_tensors:
            session.write_all(path)
        else:
            session.write(path, chosen, reading.normalization)
    seconds, written = statistics.median(times), [path for path, _ in targets]
    if as_json:
        described = {
            "model": model,
            "graph": session.graph,
            "signature": session.signature,
            "outputs": [entry.plain() for entry in results],
        }
        described |= {"written": written, "seconds": seconds, "runs": repeat, "threads": threads, "notes": notes}
        if profile is not None:
            described["profile"] = asdict(profile)
        echo_json(described)
        return
    for entry in results:
        entry.show(top)
    for path in written:
        echo(f"written: {path}")
    many = f", the median of {repeat} runs" if repeat > 1 else ""
    echo(f"{time_text(seconds)}{many}, {threads} {'thread' if threads == 1 else 'threads'}")
    if profile is not None:
        console().print(profile)


def _normalization(mean: float | None, std: float | None, raw: bool) -> Normalization | None:
    from ..inputs.normalization import Normalization

    if mean is None and std is None:
        return None
    for name, number in (("--mean", mean), ("--std", std)):
        if number is not None and not math.isfinite(number):
            raise click.BadParameter("it must be a finite number", param_hint=name)
    if std == 0:
        raise click.BadParameter("it must not be 0", param_hint="--std")
    if raw:
        raise click.UsageError("--raw takes pixels as they are, so --mean and --std have nothing to do")
    return Normalization(0.0 if mean is None else mean, 1.0 if std is None else std)


def _size(text: str | None) -> tuple[int, int] | None:
    found = re.fullmatch(r"(\d{1,6})[xX](\d{1,6})", text or "1x1")
    if found is None or not int(found[1]) * int(found[2]):
        raise click.BadParameter(f"{text!r} is not a size such as 28x28", param_hint="--size")
    return None if text is None else (int(found[1]), int(found[2]))


def _profile(session: Session, repeat: int) -> Profile:
    from ..report.profile import profile

    return profile(session.interpreter, max(repeat, 10), session.graph)


def _labels(session: Session, output: int, path: str | None, note: Callable[[str], None]) -> tuple[list[str], bool]:
    """The class names of an output, and whether they name its values and not its places.

    They are those of a file that was given, or of one attached to the model; there it may be damaged, and the run goes on.
    """
    from ..files.io import content_of
    from .base.running import labels_of

    if path is not None:
        with at(path):
            return labels_of(bytes(content_of(path))), False
    for name, content, of_values in session.label_files(output):
        try:
            return labels_of(content), of_values
        except FileError as error:
            note(f"{name!r}, which is attached to the model, is not used: {error.problem}")
    return [], False


def _with_progress(times: Iterator[float], total: int) -> list[float]:
    """All of the times, with a bar on the terminal while that takes long."""
    taken: list[float] = []
    started = time.perf_counter()
    hidden = not is_terminal(sys.stderr) or bool(os.environ.get("TINYLITE_QUIET"))
    for seconds in times:
        taken.append(seconds)
        spent = time.perf_counter() - started
        if not hidden and spent > 1 and spent / len(taken) * total > 3:
            with click.progressbar(times, length=total - len(taken), label="running", file=sys.stderr) as rest:
                taken.extend(rest)
    return taken
