"""The commands: python -m benchmarks models, kernels, start, peak, convert, weights."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track

from tests.cases import repair_for_litert
from tinylite.limits import size_text
from tinylite.report.describe import time_text
from tinylite.report.peaks import peaks

from .kernels import all_cases, kernels as all_kernels, with_shapes
from .rows import Row, measure, print_table, report
from .start import cold_start, first_run, import_times, imports_numba
from .timing import machine

ROOT = Path(__file__).parent.parent
FOLDERS = (ROOT.parent / "shared" / "models", ROOT / "models", ROOT / "tinylite" / "demo")
STARTED = ("hello_world_float", "hello_world_int8", "mobilenet_v1_float", "mobilenet_v1_int8")

files_argument = click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
threads_option = click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads of every rival.")
json_option = click.option("--json", "target", type=click.Path(dir_okay=False), help="Also write the figures to this file.")
reference_option = click.option(
    "--reference/--no-reference", default=None, help="Time the reference kernels in turn too, or leave them out. [default: slow ones once]"
)


def seconds_option(default: float) -> Any:
    return click.option("--seconds", type=float, default=default, show_default=True, help="How long to time each row.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Time tinylite beside LiteRT, in turn, in one process.

    A ratio is tinylite's time divided by that of LiteRT with XNNPACK (its default) or with its reference kernels, the
    median of many rounds: below 1, tinylite is faster. GOP/s count operations as docs/profiling.md says, and "of peak"
    compares sums of products, and floats, with what cores with nothing else to do attain here (see `peak`). "outputs"
    compares tinylite's with the reference kernels', and what goes into a softmax too: the same bits, or the largest
    difference relative to the largest number.
    """
    click.echo(machine())


def _all_models() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted(folder.glob("*.tflite"))]


def _rows(wanted: Iterable[tuple[str, Callable[[], Row]]]) -> list[Row]:
    """Measure; what one of the baselines refuses is left out, with its words."""
    rows = []
    for name, measured in track(list(wanted), "timing", console=Console(stderr=True), transient=True):
        try:
            rows.append(measured())
        except (ValueError, RuntimeError) as error:
            click.echo(f"{name} is left out: {str(error).splitlines()[0]}", err=True)
    return rows


@main.command()
@files_argument
@threads_option
@seconds_option(2.0)
@reference_option
@json_option
def models(files: tuple[Path, ...], threads: int, seconds: float, reference: bool | None, target: str | None) -> None:
    """Whole models: FILES, or ../shared/models, what make_models.py has put into models/, and the demo's."""
    peak = peaks(threads)

    def measured(path: Path) -> Row:
        return measure(path.stem, repair_for_litert(path), peak, threads, seconds, reference)

    report("model", _rows((path.stem, lambda path=path: measured(path)) for path in files or _all_models()), threads, target)


@main.command()
@click.argument("names", nargs=-1)
@click.option("--cases", is_flag=True, help="Instead: all cases that test operators. They are small, so this times calls more than work.")
@click.option("--list", "listed", is_flag=True, help="Only list the names.")
@threads_option
@seconds_option(0.3)
@reference_option
@json_option
def kernels(
    names: tuple[str, ...], cases: bool, listed: bool, threads: int, seconds: float, reference: bool | None, target: str | None
) -> None:
    """Single kernels on the distinct layers of MobileNet v1, v2 and ResNet-50, and on large tensors.

    NAMES choose those in whose names all of them begin words, such as CONV_2D int8 or 3x3: int8 is not part of uint8.
    """
    patterns = [re.compile(rf"(?<!\w){re.escape(name)}") for name in names]
    chosen = [(name, make) for name, make in (all_cases() if cases else all_kernels()) if all(p.search(name) for p in patterns)]
    if not chosen:
        raise click.UsageError(f"no kernel has {' and '.join(names)} in its name; --list lists them")
    if listed:
        click.echo("\n".join(name for name, _ in chosen))
        return
    peak = peaks(threads)

    def measured(name: str, make: Callable[[], Any]) -> Row:
        case = make()
        return measure(name, with_shapes(case), peak, threads, seconds, reference, case.feeds())

    report("kernel", _rows((name, lambda name=name, make=make: measured(name, make)) for name, make in chosen), threads, target)


@main.command()
@files_argument
@click.option("--first", is_flag=True, help="Also time the first run ever: an empty cache, two cores.")
@seconds_option(10.0)
@json_option
def start(files: tuple[Path, ...], first: bool, seconds: float, target: str | None) -> None:
    """Whole processes, from the start of Python to the first output: FILES, or hello_world and MobileNet v1.

    tinylite finds its kernels in the on-disk cache, except in the first run ever.
    """
    rows: dict[str, dict[str, Any]] = {}
    chosen = list(files) or [path for path in _all_models() if path.stem in STARTED]
    if not chosen:
        raise click.UsageError("there are no models; give some, or make them: python -m benchmarks.make_models")
    for path in chosen:
        times = cold_start(path, seconds)
        rows[path.stem] = {name: times.median(name) for name in times.rounds}
        rows[path.stem] |= {"ratio": times.ratio("tinylite", "litert"), "numba": imports_numba(path)}
        if first:
            rows[path.stem]["first run"] = first_run(path, 2)._asdict()
    columns = ["model", "tinylite", "LiteRT", "ratio", "imports numba", *(["first run ever"] if first else [])]
    lines = []
    for name, row in rows.items():
        told = ["{seconds:.1f} s, {kernels} kernels, {cores} cores".format(**row["first run"])] if first else []
        numba = "yes" if row["numba"] else "no"
        lines.append([name, time_text(row["tinylite"]), time_text(row["litert"]), f"{row['ratio']:.2f}", numba, *told])
    print_table(columns, lines)
    imports = import_times(seconds / 2)
    print_table(["import, beyond an empty process", "time"], [[name, time_text(taken)] for name, taken in imports.items()])
    if target:
        Path(target).write_text(json.dumps({"machine": machine(), "rows": rows, "imports": imports}, indent=1) + "\n")


@main.command()
@threads_option
@json_option
def peak(threads: int, target: str | None) -> None:
    """What the machine attains with nothing else to do: multiply-adds, 8-bit products, bytes a second, steps (see docs/profiling.md).

    The fastest of many short rounds. The share of the peak in other tables is of this.
    """
    found = peaks(threads)
    print_table(["numbers", "GOP/s"], [[kind, f"{rate / 1e9:.0f}"] for kind, rate in found.operations.items()])
    print_table(["bytes that come back", "GB/s"], [[size_text(level.size), f"{level.rate / 1e9:.0f}"] for level in found.bandwidth])
    print_table(["what", "ns"], [["a step with nothing to do", f"{found.dispatch * 1e9:.1f}"]])
    if target:
        Path(target).write_text(json.dumps({"machine": machine(), "peak": asdict(found)}, indent=1) + "\n")


@main.command()
@click.argument("names", nargs=-1)
@click.option("--keras", type=click.Choice(["keras", "tf_keras"]), default="keras", show_default=True, help="Keras 3 or Keras 2.")
@click.option("--rounds", type=click.IntRange(1), default=1, show_default=True, help="How often each converts; the fastest counts.")
@click.option("--alone", is_flag=True, help="Leave TensorFlow's converter out.")
@json_option
def convert(names: tuple[str, ...], keras: str, rounds: int, alone: bool, target: str | None) -> None:
    """Convert keras.applications by tinylite and by TensorFlow: the same frozen file, each in a process of its own.

    NAMES, or all. Needs TensorFlow. Memory is the peak of the whole process, time is without imports.
    """
    from .convert import APPLICATIONS, compare

    unknown = sorted(set(names) - set(APPLICATIONS))
    if unknown:
        raise click.UsageError(f"{', '.join(unknown)} is none of {', '.join(APPLICATIONS)}")
    rows, lines = [], []
    for row in compare(list(names or APPLICATIONS), keras, rounds, alone):
        rows.append(row)
        size, seconds, peak = (f"{ratio:.{digits}f}" if (ratio := row.ratio(figure)) else "-" for figure, digits in
                               (("bytes", 4), ("seconds", 2), ("peak", 2)))  # fmt: skip
        lines.append([
            row.name, str(row.nodes), f"{row.ours['ops']:.0f} / {row.theirs['ops'] if row.theirs else 0:.0f}", size,
            f"{row.ours['seconds']:.2f} s", seconds, f"{row.ours['peak'] / 1e6:.0f} MB", peak, f"{row.difference_litert:.0e}",
            f"{row.difference_tinylite:.0e}",
        ])  # fmt: skip
        click.echo(" ".join(lines[-1]), err=True)
    columns = ["network", "nodes", "ops / TF's", "bytes", "time", "of TF's", "peak", "of TF's", "LiteRT", "tinylite"]
    print_table(columns, lines)
    if target:
        Path(target).write_text(json.dumps({"machine": machine(), "rows": [vars(row) for row in rows]}, indent=1) + "\n")


@main.command()
@click.argument("names", nargs=-1)
def weights(names: tuple[str, ...]) -> None:
    """Weights-only files beside those of TensorFlow's converter: NAMES, or a choice of Keras models."""
    from .weights import MODELS, compare

    columns = ["model", "weights", "float", "smaller", "ratio to TensorFlow's", "difference", "TensorFlow's", "tinylite from LiteRT"]
    lines = [
        [row.name, row.type, size_text(row.float_bytes), size_text(row.ours), f"{row.ours / row.theirs:.4f}", f"{row.difference:.5f}",
         f"{row.their_difference:.5f}", f"{row.apart:.0e}"]
        for row in compare(list(names or MODELS))
    ]  # fmt: skip
    print_table(columns, lines)


if __name__ == "__main__":
    main()
