"""The tables of README.md and docs/benchmark-results.md, and reports with pictures, from what the suites have saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tinylite.benching.estimates import estimate_text
from tinylite.benching.grid import Grid
from tinylite.benching.records import BenchRow, Measurement
from tinylite.benching.result import Bench
from tinylite.errors import MissingPackageError
from tinylite.files.io import write_whole

__all__ = ["README_MODELS", "README_STARTS", "rewrite", "write_pages", "write_reports"]

# The models of README's table, as it calls them. On a machine that lacks one README.md stays as it is.
README_MODELS = {
    "hello_world_int8": "hello_world int8",
    "mnist_lstm_float": "MNIST LSTM float",
    "mnist_lstm_int8": "MNIST LSTM int8",
    "tiny_conv_uint8": "tiny_conv uint8",
    "person_detect_int8": "person_detect int8",
    "mobilenet_v1_float": "MobileNet v1 float",
    "mobilenet_v1_int8": "MobileNet v1 int8",
    "mobilenet_v1_uint8": "MobileNet v1 uint8",
    "mobilenet_v1_dynamic": "MobileNet v1 dynamic range",
    "mobilenet_v2_float": "MobileNet v2 float",
    "mobilenet_v2_int8": "MobileNet v2 int8",
    "mobilenet_v3_int8": "MobileNet v3 int8",
    "resnet50_float": "ResNet-50 float",
    "resnet50_int8": "ResNet-50 int8",
    "efficientnet_b0_float": "EfficientNet B0 float",
    "efficientnet_b0_int8": "EfficientNet B0 int8",
    "transformer_float": "transformer encoder float",
    "transformer_int8": "transformer encoder int8",
    "picture_to_picture_uint8": "picture to picture uint8",
}
README_STARTS = {"hello_world_int8": "hello_world", "mobilenet_v1_int8": "MobileNet v1"}
TABLES = ("models", "ops", "starts")


def write_pages(results: Path, root: Path, say: Callable[[str], None]) -> None:
    """Rewrite the tables of README.md and docs/benchmark-results.md in `root` from the suites' files in `results`.

    A table whose suite was not run stays as it is, as does README's where a model of its is missing; `say` is told.
    """
    found = {path.stem: Bench.load(path) for path in sorted(results.glob("*.json")) if path.stem in TABLES}
    for name in TABLES:
        if name not in found:
            say(f"docs/benchmark-results.md: the table of {name} stays: {results / f'{name}.json'} is not there")
    page = root / "docs" / "benchmark-results.md"
    rewrite(page, {name: bench.markdown() for name, bench in found.items()})
    missing = [name for name in README_MODELS if name not in _by_name(found.get("models"), "model")]
    missing += [f"the start of {name}" for name in README_STARTS if name not in _by_name(found.get("starts"), "start")]
    if missing:
        say(f"README.md stays: {', '.join(missing)} {'was' if len(missing) == 1 else 'were'} not measured")
    else:
        rewrite(root / "README.md", {"speed": _speed(found["models"], found["starts"])})


def write_reports(results: Path, say: Callable[[str], None]) -> None:
    """Write a page with pictures beside each suite's file in `results`; `say` is told which, or why not."""
    from tinylite.benching.pictures.page import save_html

    for path in sorted(results.glob("*.json")):
        target = path.with_suffix(".html")
        try:
            save_html(Bench.load(path), target)
        except MissingPackageError as error:
            say(f"{target} is not written: {error}")
        else:
            say(f"written: {target}")


def _by_name(bench: Bench | None, kind: str) -> dict[str, BenchRow]:
    """Rows of one thread in which tinylite was timed."""
    rows = bench.rows if bench is not None else []
    return {row.name: row for row in rows if row.kind == kind and row.threads == 1 and row.ours.seconds is not None}


def _baseline(row: BenchRow, name: str) -> Measurement:
    return next((each for each in row.baselines if each.name == name), Measurement(name, refused="not timed"))


def _time(measured: Measurement) -> str:
    return "refused" if measured.seconds is None else estimate_text(measured.seconds, "s")


def _ratio(measured: Measurement) -> str:
    return "refused" if measured.ratio is None else estimate_text(measured.ratio)


def _speed(models: Bench, starts: Bench) -> str:
    """README's part on speed."""
    rows, machine = _by_name(models, "model"), models.machine
    litert = f"LiteRT {models.machine.versions.get('ai-edge-litert', '')}".strip()
    lines = []
    for name, title in README_MODELS.items():
        xnnpack, reference = _baseline(rows[name], "xnnpack"), _baseline(rows[name], "reference")
        lines.append([title, _time(rows[name].ours), _ratio(xnnpack), _ratio(reference), reference.agreement])
    head = ["model", "tinylite", "ratio to XNNPACK", "ratio to the reference kernels", "outputs against these"]
    started, first = _by_name(starts, "start"), _by_name(starts, "first run")
    ratios = [f"{_ratio(_baseline(started[name], 'xnnpack'))} times LiteRT's time for {title}" for name, title in README_STARTS.items()]
    runs = [f"{_time(first[name].ours).replace('~', 'about ')} for {title}" for name, title in README_STARTS.items() if name in first]
    return (
        f"One thread of {machine.cpu} ({machine.target}); a ratio is tinylite's\n"
        f"time divided by that of {litert} in the same process, in turn: below 1, tinylite is faster.\n\n"
        f"{Grid('', head, lines).markdown()}\n"
        f"From the start of Python to the first output, kernels being in the on-disk cache: {', '.join(ratios)}.\n"
        "The first run of a model on a machine compiles the kernels that it needs, and says so: "
        f"{', '.join(runs)} on {machine.usable_cores} core{'s' * (machine.usable_cores > 1)}.\n"
    )


def rewrite(page: Path, parts: Mapping[str, str]) -> None:
    """Write parts of a page anew: what lies between `<!-- benchmark NAME -->` and the next `<!-- end -->`, by NAME.

    Raises ValueError for a part that the page does not have, and leaves the page as it is.
    """
    text = page.read_text(encoding="utf-8")
    for name, content in parts.items():
        before, begin, after = text.partition(f"<!-- benchmark {name} -->\n")
        _, end, after = after.partition("<!-- end -->")
        if not end:
            raise ValueError(f"{page} has no part <!-- benchmark {name} --> ... <!-- end -->")
        text = f"{before}{begin}{content.strip()}\n{end}{after}"
    write_whole(str(page), [text.encode()])
