"""What the suites time, as words for `tinylite bench`."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.cases import repair_for_litert
from tinylite.cli import main as command_line
from tinylite.kernels.cpu import cores

__all__ = ["ALL", "RESULTS", "ROOT", "model_files", "models", "ops", "profile", "starts"]

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "build" / "benchmark"
DEMO = ROOT / "tinylite" / "demo"
FOLDERS = (ROOT.parent / "shared" / "models", ROOT / "models", DEMO)
OPS = Path(__file__).parent / "ops.txt"
SMALL = DEMO / "digits_int8.tflite"  # what is always there
PROFILED = "mobilenet_v2_int8"
STARTED = ("hello_world_float", "hello_world_int8", "mobilenet_v1_float", "mobilenet_v1_int8")


def model_files(quick: bool = False) -> list[Path]:
    """Those of ../shared/models, what make_models has put into models/, and the demo's; if it is to be quick, the demo's alone."""
    return [path for folder in ((DEMO,) if quick else FOLDERS) for path in sorted(folder.glob("*.tflite"))]


# Each runs `tinylite bench`, with the user's words too, keeps its figures in `results`, and returns its exit code.


def models(results: Path, words: Sequence[str], quick: bool) -> int:
    """Whole models, beside LiteRT with XNNPACK and with its reference kernels: those of models/, ../shared/models, and the demo."""
    with tempfile.TemporaryDirectory() as folder:
        what = [] if _says_what(words) else model_files(quick)
        files = [str(_for_litert(path, Path(folder))) for path in what]
        words = [str(_for_litert(Path(word), Path(folder))) if word.endswith(".tflite") else word for word in words]
        return _bench(results, "models", files, "xnnpack,reference", 0.1 if quick else 10, words)


def ops(results: Path, words: Sequence[str], quick: bool) -> int:
    """Single ops, beside the same: those of ops.txt, or the first few if it is to be quick."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [line for line in OPS.read_text().splitlines() if line and not line.startswith("#")]
        file = Path(folder) / OPS.name
        file.write_text("\n".join(lines[:2] if quick else lines))
        what = [] if _says_what(words) else ["--ops", str(file)]
        return _bench(results, "ops", what, "xnnpack,reference", 0.1 if quick else 2, words)


def starts(results: Path, words: Sequence[str], quick: bool) -> int:
    """Processes, from the start of Python to the first output, beside LiteRT's; and the first run ever."""
    chosen = [] if quick else [path for path in model_files() if path.stem in STARTED]
    what = [] if _says_what(words) else map(str, chosen or [SMALL])
    return _bench(results, "starts", [*what, "--start"], "xnnpack", 0.1 if quick else 20, words)


def profile(results: Path, words: Sequence[str], quick: bool) -> int:
    """One network op by op, each also by itself beside LiteRT with XNNPACK; its memory, and on all cores too."""
    chosen = SMALL if quick else next((path for path in model_files() if path.stem == PROFILED), SMALL)
    threads = {1} if quick else {1, cores()}
    what = [] if _says_what(words) else [str(chosen)]
    how = ["--profile", "--memory", "--threads", ",".join(map(str, sorted(threads)))]
    return _bench(results, "profile", [*what, *how], "xnnpack", 0.1 if quick else 5, words)


ALL = (models, ops, starts, profile)


def _says_what(words: Sequence[str]) -> bool:
    """Whether the user says what is to be timed."""
    return any(word.endswith(".tflite") or _says(word, "--op", "--ops", "--ops-of") for word in words)


def _says(word: str, *options: str) -> bool:
    return word.partition("=")[0] in options


def _for_litert(path: Path, folder: Path) -> Path:
    """The file, or where LiteRT refuses what means nothing in it, one in `folder` that is mended."""
    content = repair_for_litert(path) if path.exists() else None
    if content is None or content == path.read_bytes():
        return path
    mended = folder / path.name
    mended.write_bytes(content)
    return mended


def _bench(results: Path, name: str, what: Sequence[str], against: str, seconds: float, words: Sequence[str]) -> int:
    """Run `tinylite bench`. Of options with one value the last counts, which is the user's; baselines would add up."""
    results.mkdir(parents=True, exist_ok=True)
    beside = [] if any(_says(word, "--against") for word in words) else ["--against", against]
    suite = [*what, *beside, "--seconds", str(seconds), "--markdown", "--save", str(results / f"{name}.json")]
    try:
        command_line(["bench", *suite, *words], prog_name="tinylite")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    return 0
