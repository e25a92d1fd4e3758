"""The commands: python -m benchmarks models, kernels, start, peak."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from .timing import in_turn, machine

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "models"
# A slow reference run is timed but not repeated beyond this.
SLOW = 0.05
COLUMNS = ("tinylite", "XNNPACK", "reference", "ratio", "to reference", "GOP/s", "of peak", "outputs")

threads_option = click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads of every rival.")
seconds_option = click.option("--seconds", type=float, default=2.0, show_default=True, help="How long to time each row.")
json_option = click.option("--json", "target", type=click.Path(dir_okay=False), help="Also write the rows to this file.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Time tinylite beside LiteRT, in turn, in one process.

    A ratio is tinylite's time divided by that of LiteRT with XNNPACK (its default) or with its reference kernels, the
    median of many rounds: below 1, tinylite is faster. GOP/s count the products and additions of matrix operators, and
    "of peak" compares them with what the innermost step of the matrix kernels attains on this machine (see `peak`).
    "outputs" compares tinylite's with the reference kernels'.
    """


def _default_models() -> list[Path]:
    return sorted(SHARED.glob("*.tflite")) + sorted((ROOT / "models").glob("*.tflite"))


def _row(content: bytes, threads: int, seconds: float, peak: dict[str, float], kind: str) -> dict[str, Any]:
    from .rivals import Rivals

    rivals = Rivals.of(content, threads)
    outputs = rivals.agreement()
    times = in_turn({"tinylite": rivals.tinylite.invoke, "xnnpack": rivals.xnnpack.invoke}, seconds)
    reference = in_turn({"reference": rivals.reference.invoke}, min(seconds / 4, SLOW)).median("reference")
    ours = times.median("tinylite")
    rate = rivals.operations / ours
    return {
        "tinylite": ours, "xnnpack": times.median("xnnpack"), "reference": reference, "ratio": times.ratio("tinylite", "xnnpack"),
        "to_reference": ours / reference, "operations": rivals.operations, "rate": rate,
        "share": rate / (peak["float" if kind == "float" else "8-bit"] * threads), "outputs": outputs,
    }  # fmt: skip


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"


def _cells(row: dict[str, Any]) -> list[str]:
    work = [f"{row['rate'] / 1e9:.0f}", f"{row['share']:.0%}"] if row["operations"] else ["", ""]
    times = [_time(row[name]) for name in ("tinylite", "xnnpack", "reference")]
    return [*times, f"{row['ratio']:.2f}", f"{row['to_reference']:.3g}", *work, row["outputs"]]


def _report(first: str, rows: dict[str, dict[str, Any]], threads: int, target: str | None) -> None:
    """The rows as a table of Markdown, so that it can be pasted into a page."""
    click.echo(f"{machine()}; {threads} {'thread' if threads == 1 else 'threads'}\n")
    lines = [[first, *COLUMNS], ["---"] * (len(COLUMNS) + 1), *([name, *_cells(row)] for name, row in rows.items())]
    click.echo("\n".join(f"| {' | '.join(line)} |" for line in lines))
    if target:
        Path(target).write_text(json.dumps({"machine": machine(), "threads": threads, "rows": rows}, indent=1))


@main.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@threads_option
@seconds_option
@json_option
def models(files: tuple[Path, ...], threads: int, seconds: float, target: str | None) -> None:
    """Whole models: FILES, or ../shared/models and what make_models.py has put into models/."""
    from .peak import peaks

    chosen = list(files) or _default_models()
    if not chosen:
        raise click.UsageError("there are no models; give some, or make them: python benchmarks/make_models.py")
    peak = peaks()
    rows = {}
    for path in track(chosen, "models", console=Console(stderr=True), transient=True):
        kind = "float" if path.stem.endswith("float") else "8-bit"
        rows[path.stem] = _row(_acceptable(path), threads, seconds, peak, kind)
    _report("model", rows, threads, target)


def _acceptable(path: Path) -> bytes:
    """The file's bytes; LiteRT refuses a quantized_dimension out of range, which means nothing where there is one scale."""
    from tinylite import Model

    model = Model.load(path)
    for tensor in model.graph.tensors:
        if tensor.quantization is not None and not 0 <= tensor.quantization.quantized_dimension < max(len(tensor.shape), 1):
            tensor.quantization.quantized_dimension = 0
    return model.to_bytes()


@main.command()
@click.argument("names", nargs=-1)
@threads_option
@seconds_option
@json_option
def kernels(names: tuple[str, ...], threads: int, seconds: float, target: str | None) -> None:
    """Single kernels; NAMES choose those that contain one of them, such as CONV_2D, int8 or 3x3."""
    from .kernels import kernels as all_kernels, with_shapes
    from .peak import peaks

    chosen = [(f"{what}, {kind}", kind, case) for what, kind, case in all_kernels()]
    chosen = [entry for entry in chosen if not names or any(name in entry[0] for name in names)]
    if not chosen:
        raise click.UsageError(f"no kernel has {' or '.join(names)} in its name")
    peak = peaks()
    rows = {}
    for name, kind, case in track(chosen, "kernels", console=Console(stderr=True), transient=True):
        rows[name] = _row(with_shapes(case), threads, seconds, peak, kind)
    _report("kernel", rows, threads, target)


@main.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--first", is_flag=True, help="Also time the first run ever, on two cores with an empty cache.")
@click.option("--seconds", type=float, default=10.0, show_default=True, help="How long to time each model.")
def start(files: tuple[Path, ...], first: bool, seconds: float) -> None:
    """Whole processes, from the start of Python to the first output: FILES, or hello_world and MobileNet v1."""
    from .start import cold_start, first_run, import_time

    wanted = ("hello_world_int8", "hello_world_float", "mobilenet_v1_float", "mobilenet_v1_int8")
    chosen = list(files) or [path for path in _default_models() if path.stem in wanted]
    table = Table("model", "tinylite", "LiteRT", "ratio", *(["first run ever"] if first else []), title="whole processes")
    for path in chosen:
        times = cold_start(path, seconds)
        cells = [_time(times.median("tinylite")), _time(times.median("litert")), f"{times.ratio('tinylite', 'litert'):.2f}"]
        if first:
            taken, said = first_run(path, 2)
            cells.append(f"{taken:.1f} s ({said})")
        table.add_row(path.stem, *cells)
    click.echo(machine())
    Console(width=140).print(table)
    click.echo(f"import tinylite: {import_time(seconds / 2) * 1e3:.1f} ms more than an empty process")


@main.command()
def peak() -> None:
    """What one core attains in the innermost step of the matrix kernels, on data that stay in its first cache."""
    from .peak import peaks

    click.echo(machine())
    for kind, rate in peaks().items():
        click.echo(f"{kind}: {rate / 1e9:.0f} GOP/s")


if __name__ == "__main__":
    main()
