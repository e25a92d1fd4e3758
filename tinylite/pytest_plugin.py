"""Golden outputs in pytest: the fixture `tflite_golden`, found by pytest wherever tinylite is installed.

Loading it imports nothing but the standard library and pytest; what compares is loaded when a test first asks for the fixture's help.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .golden.report import Report

__all__ = ["TfliteGolden", "tflite_golden"]

_MOST_NAMED = 20  # files in the summary
_LONGEST_NAME = 120  # characters of a file's name


# ---- options


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tinylite", "golden outputs of .tflite models")
    group.addoption("--tflite-regen", action="store_true", help="record the goldens of tests that pass otherwise anew")
    group.addoption("--tflite-regen-missing", action="store_true", help="record goldens that do not exist")
    group.addoption("--tflite-html", metavar="DIR", help="write a page for each comparison with a golden, and index.html, into DIR")
    parser.addini("tflite_goldens", "the folder of goldens; by default goldens/ beside each test module", default="")


def pytest_configure(config: pytest.Config) -> None:
    for option in ("--tflite-regen", "--tflite-regen-missing"):
        if config.getoption(option) and _is_set("CI"):
            raise pytest.UsageError(
                f"{option} writes no goldens where CI is set in the environment: record them elsewhere, and commit them"
            )
    if config.getoption("--tflite-html"):  # workers of xdist may have other current directories
        config.option.tflite_html = os.path.abspath(config.getoption("--tflite-html"))
    config.stash[_RUN] = _Run(config)
    config.pluginmanager.register(config.stash[_RUN], "tinylite-goldens")


def _is_set(name: str) -> bool:
    return os.environ.get(name, "").lower() not in ("", "0", "false", "no")


# ---- where goldens are


def golden_folder(config: pytest.Config, module: Path) -> Path:
    """The folder of a test module's goldens."""
    root = _goldens_root(config)
    if root is None:
        return module.parent / "goldens" / module.stem
    relative = os.path.relpath(module.parent, config.rootpath)
    return root.joinpath(*(part for part in Path(relative).parts if part not in ("..", os.sep)), module.stem)


def _goldens_root(config: pytest.Config) -> Path | None:
    """The folder that the ini option names, relative to the file that it is in."""
    given = str(config.getini("tflite_goldens"))
    return (config.inipath.parent if config.inipath else config.rootpath) / given if given else None


def golden_stem(item: pytest.Item) -> str:
    """What the files of a test's goldens are called, without .npz and what follows for its second one: Class.test_name[parameters]."""
    names = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    return file_name(".".join([*names, item.name]))


def file_name(text: str) -> str:
    """A text as the name of a file on all systems; with a hash of it where letters had to go, so that other texts get other names."""
    plain = re.sub(r"[^A-Za-z0-9_.,=+\[\]-]", "_", text)[:_LONGEST_NAME]
    return plain if plain == text else f"{plain}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


# ---- what a run of pytest did with goldens


@dataclass
class _Deeds:
    """What tests did with goldens, in one process or in all workers of pytest-xdist. Lists and texts, which xdist can carry.

    used      goldens that tests asked for
    written   (what was done, golden)
    pages     (test, golden, verdict, file) of reports in HTML
    modules   for each module of which tests ran, the stems of tests that did not pass, which may not have come to all their goldens
    whole     False where something has kept tests from running, so that unused goldens prove nothing
    """

    used: list[str] = field(default_factory=list)
    written: list[tuple[str, str]] = field(default_factory=list)
    pages: list[tuple[str, str, str, str]] = field(default_factory=list)
    modules: dict[str, list[str]] = field(default_factory=dict)
    whole: bool = True

    def add(self, other: Mapping[str, Any]) -> None:
        self.used += other["used"]
        self.written += [(what, path) for what, path in other["written"]]
        self.pages += [(test, path, verdict, page) for test, path, verdict, page in other["pages"]]
        for module, stems in other["modules"].items():
            self.modules.setdefault(module, []).extend(stems)
        self.whole = self.whole and bool(other["whole"])


class _Run:
    """The hooks that follow a run of pytest."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.deeds = _Deeds()
        self._collected = 0

    def pytest_itemcollected(self) -> None:
        self._collected += 1

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if len(session.items) < self._collected:  # deselected, by whatever means
            self.deeds.whole = False

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.deeds.whole = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        failed = self.deeds.modules.setdefault(str(item.path), [])
        if not report.passed:
            failed.append(golden_stem(item))
        if report.when == "call":
            item.stash[_PASSED] = report.passed
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, None, None]:
        """Goldens are written last, after all else of their test has passed."""
        yield
        if item.stash.get(_PASSED, False):
            for write in item.stash.get(_WAITING, []):
                write()

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if session.shouldstop or session.shouldfail or exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            self.deeds.whole = False
        output = getattr(self.config, "workeroutput", None)
        if output is not None:
            output[_OUTPUT] = vars(self.deeds)
        elif self.config.getoption("--tflite-html") and self.deeds.pages:
            _write_index(Path(self.config.getoption("--tflite-html")), self.deeds.pages)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """A worker of pytest-xdist has ended."""
        output = getattr(node, "workeroutput", {})
        if _OUTPUT in output:
            self.deeds.add(output[_OUTPUT])
        if error or _OUTPUT not in output:
            self.deeds.whole = False

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        deeds = self.deeds
        lines = [f"{self._shown(path)} {what}" for what, path in sorted(deeds.written, key=lambda each: each[1])]
        lines += [f"{self._shown(path)} is used by no test: remove it, or bring its test back" for path in self._unused()]
        if deeds.pages:
            lines.append(f"reports: {self._shown(os.path.join(self.config.getoption('--tflite-html'), 'index.html'))}")
        if lines:
            terminalreporter.section("goldens of tinylite")
            for line in lines[:_MOST_NAMED]:
                terminalreporter.line(line)
            if len(lines) > _MOST_NAMED:
                terminalreporter.line(f"... and {len(lines) - _MOST_NAMED} more")

    def _shown(self, path: str) -> str:
        return os.path.relpath(path, self.config.invocation_params.dir)

    def _unused(self) -> list[str]:
        """Goldens in the folders of modules all tests of which ran, and in those of modules that are gone, that no test asked for."""
        args = self.config.args
        if not self.deeds.whole or self.config.option.collectonly or any("::" in arg for arg in args):
            return []
        used = {os.path.realpath(path) for path in self.deeds.used}
        ran = {golden_folder(self.config, Path(module)): stems for module, stems in self.deeds.modules.items()}
        found = []
        for folder, module in self._folders(ran, [Path(os.path.realpath(arg)) for arg in args if os.path.isdir(arg)]):
            spared = tuple(ran.get(folder, ())) if module.exists() else ()
            for path in sorted(folder.glob("*.npz")):
                if os.path.realpath(path) not in used and not path.name.startswith(spared):
                    found.append(str(path))
        return found

    def _folders(self, ran: Iterable[Path], whole: list[Path]) -> Iterator[tuple[Path, Path]]:
        """The folders of goldens that can be judged, each with its module: those of modules that ran, and those of modules that do not
        exist, in folders whose tests all ran."""
        root = _goldens_root(self.config)
        modules = {golden_folder(self.config, Path(module)): Path(module) for module in self.deeds.modules}
        yield from modules.items()
        for parent in {folder.parent for folder in modules}:
            for folder in sorted(path for path in parent.glob("*") if path.is_dir() and path not in modules):
                tests = parent.parent if root is None else self.config.rootpath / parent.relative_to(root)
                module = tests / f"{folder.name}.py"
                if not module.exists() and any(Path(os.path.realpath(tests)).is_relative_to(each) for each in whole):
                    yield folder, module


_RUN = pytest.StashKey[_Run]()
_PASSED = pytest.StashKey[bool]()
_WAITING = pytest.StashKey[list[Callable[[], None]]]()  # what writes goldens when their test has passed
_OUTPUT = "tinylite"


def _write_index(folder: Path, pages: list[tuple[str, str, str, str]]) -> None:
    """index.html, with a link to each report."""
    from urllib.parse import quote

    from .html_page import page, section
    from .html_tables import Html, html_cell, html_table

    rows = []
    for test, golden, verdict, name in sorted(pages, key=lambda each: (each[2] == "passes", each)):
        link = Html(f'<a href="{html_cell(quote(Path(name).relative_to(folder).as_posix()), 2000)}">{html_cell(test)}</a>')
        rows.append((Html(f'<span class="{"good" if verdict == "passes" else "bad"}">{html_cell(verdict)}</span>'), link, golden))
    failed = sum(verdict != "passes" for _, _, verdict, _ in pages)
    parts = [section("Comparisons", text=[f"{failed} of {len(pages)} comparisons with goldens fail."])]
    parts += [html_table(("result", "test", "golden"), rows[at : at + 100], 100) for at in range(0, len(rows), 100)]
    folder.joinpath("index.html").write_text(page("Goldens", parts), encoding="utf-8")


# ---- the fixture


@pytest.fixture
def tflite_golden(request: pytest.FixtureRequest) -> TfliteGolden:
    """Compare what a .tflite model computes with a golden that lies beside the test; see TfliteGolden."""
    return TfliteGolden(request)


class TfliteGolden:
    """`tflite_golden(model)` runs a model and compares with the test's golden; `tflite_golden.compare(dump, golden)` compares files."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request, self._config = request, request.config
        self._item: pytest.Item = request.node
        self._run = request.config.stash[_RUN]
        self._taken: set[Path] = set()
        self._waiting: list[Callable[[], None]] = []
        self._item.stash[_WAITING] = self._waiting

    def __call__(
        self, model: Any, inputs: Any = None, *, seed: int | None = None, cases: int | None = None, lsb: int = 0, share: float = 0.0,
        rtol: float = 0.0, atol: float = 0.0, ulp: int = 0, layers: bool = False, arithmetic: Any = None,
        run: Callable[..., Any] | None = None, name: str | None = None, tensors: Mapping[str, Any] | None = None,
        changed_model: bool = False,
    ) -> Report:  # fmt: skip
        """Compare what a model computes with the test's golden, exactly unless a tolerance says otherwise.

        model          a path, a file's bytes, or a tinylite.Model
        inputs         a case or a list of cases, as tinylite.golden.record takes them; without them, random ones of `seed` and `cases`
        lsb, share, rtol, atol, ulp   what may differ, as tinylite.golden.Tolerance has it
        tensors        other such numbers by tensors' names: {"logits": {"lsb": 1}}
        layers         compare all that ops compute, and not outputs alone
        arithmetic     how tinylite rounds, by name
        run            what is tested, if it is not tinylite: run(model, inputs) for each case, which returns the outputs as a list in
                       their order, or as a dict by tensors' names, which may have layers too. The golden is tinylite's all the same
        name           tells the goldens of one test from each other; without it they are numbered
        changed_model  whether the model may be another than the golden's

        Returns the report. Raises GoldenError if values differ, if there is no golden, and if it was made of another model, other
        inputs or another arithmetic than the test asks for; with --tflite-regen, a new golden is written when the test has passed.
        """
        __tracebackhide__ = True
        from .errors import GoldenError, TinyliteError
        from .golden import load, pytest_fixture as work

        path = self._path(name)
        regen = bool(self._config.getoption("--tflite-regen"))
        missing = not path.is_file()
        tolerance = {"lsb": lsb, "share": share, "rtol": rtol, "atol": atol, "ulp": ulp}
        try:
            wanted = work.Wanted(model, inputs, seed, cases, layers, arithmetic, run, tolerance, tensors, changed_model)
            if regen or (missing and self._config.getoption("--tflite-regen-missing")):
                old = work.stored(str(path))
                golden = work.recorded(wanted, old)
                report = work.checked(wanted, golden, self._scratch(path))
                if not work.same_golden(old, golden):
                    self._waiting.append(lambda: self._write(golden, path, missing))
            elif missing:
                raise GoldenError(f"there is no golden {self._shown(path)}", f"Record it: {self._command('--tflite-regen-missing')}")
            else:
                report = work.checked(wanted, load(str(path)), self._scratch(path))
        except TinyliteError as error:
            raise self._told(error, None if missing else path) from None
        again = "" if regen or missing or run is not None else self._command("--tflite-regen")  # which would not change run
        return self._judged(report, path, again)

    def compare(
        self, dump: Any, golden: str | os.PathLike[str], *, model: Any = None, lsb: int = 0, share: float = 0.0, rtol: float = 0.0,
        atol: float = 0.0, ulp: int = 0, tensors: Mapping[str, Any] | None = None, changed_model: bool = False,
    ) -> Report:  # fmt: skip
        """Compare a dump with a golden, of any name and wherever it is; a relative path starts at the test module's folder.

        dump     the path of what a device or another runtime has written, or its name, as `tinylite golden check --with` has it; or
                 arrays: a dict by tensors' names or a list in the order of the outputs, or for several cases a list of dicts
        model    the model, by which an op is found to be guilty; without it, the one beside the golden, if it is there

        Tolerances are those of a call. Nothing is recorded, whatever the options. Returns and raises what a call does.
        """
        __tracebackhide__ = True
        from .errors import GoldenError, TinyliteError
        from .golden import load, pytest_fixture as work

        path = self._item.path.parent / golden
        self._run.deeds.used.append(str(path))
        try:
            if not path.is_file():
                made = f"tinylite golden record MODEL -o {shlex.quote(self._shown(path))}"
                raise GoldenError(f"there is no golden {self._shown(path)}", f"Record it: {made}")
            settings = work.settings({"lsb": lsb, "share": share, "rtol": rtol, "atol": atol, "ulp": ulp}, tensors, changed_model)
            report = work.compared(dump, load(str(path)), model, settings, self._scratch(path))
        except TinyliteError as error:
            raise _short(error) from None
        return self._judged(report, path, "")

    def _path(self, name: str | None) -> Path:
        """Where the golden is that is asked for now. Raises SettingError for one that this test has already."""
        from .errors import SettingError

        __tracebackhide__ = True
        number = str(len(self._taken) + 1) if self._taken else ""
        more = file_name(name) if name is not None else number
        folder, stem = golden_folder(self._config, self._item.path), golden_stem(self._item)
        path = folder / f"{stem}{'-' if more else ''}{more}.npz"
        if path in self._taken:
            raise SettingError(f"the test has two goldens {more!r}", "Give each of them another name")
        self._taken.add(path)
        self._run.deeds.used.append(str(path))
        return path

    def _write(self, golden: Any, path: Path, new: bool) -> None:
        from .golden.file import save

        path.parent.mkdir(parents=True, exist_ok=True)
        save(golden, path, overwrite=not new)
        self._run.deeds.written.append(("recorded" if new else "regenerated", str(path)))

    def _judged(self, report: Report, path: Path, regen: str) -> Report:
        """The report if it passes, after its page has been written; `regen` is the command that records the golden anew, if one does."""
        __tracebackhide__ = True
        from .errors import GoldenError

        lines = [] if report.passes else [report.text()]
        html = self._config.getoption("--tflite-html")
        if html:
            from .golden.html import write

            page = self._place(Path(html), path).with_name(f"{self._place(Path(html), path).name}.html")
            page.parent.mkdir(parents=True, exist_ok=True)
            write(report, page, overwrite=True)
            verdict = "passes" if report.passes else "fails"
            self._run.deeds.pages.append((self._item.nodeid, self._shown(path), verdict, str(page)))
            lines.append(f"page: {self._shown(page)}")
        if report.passes:
            return report
        if regen:
            lines.append(f"to record the golden again, if the change is meant: {regen}")
        elif self._waiting or self._config.getoption("--tflite-regen"):
            lines.append("no golden is written: what is compared with it differs")
        error = GoldenError("\n".join(lines))
        error.report = report
        raise error

    def _told(self, error: Any, path: Path | None) -> Any:
        """An error about a golden, with the command that records it anew where it exists."""
        from .errors import GoldenError

        if isinstance(error, GoldenError) and path is not None:
            if not error.places:
                error.places.append(self._shown(path))
            error.remedy = f"{error.remedy}. The command is: {self._command('--tflite-regen')}"
        return _short(error)

    def _place(self, root: Path, path: Path) -> Path:
        """Where results of a comparison with a golden go in a folder: the module's path below the root of the tests, and the names of
        test and golden."""
        relative = os.path.relpath(self._item.path.with_suffix(""), self._config.rootpath)
        parts = [part for part in Path(relative).parts if part not in ("..", os.sep)]
        stem = golden_stem(self._item)
        return root.joinpath(*parts, path.stem if path.stem.startswith(stem) else f"{stem}-{file_name(path.stem)}")

    def _scratch(self, path: Path) -> str:
        """The folder, which need not exist, for what reproduces a difference: beside the page, or among pytest's temporary ones."""
        html = self._config.getoption("--tflite-html")
        if html:
            return str(self._place(Path(html), path))
        factory: pytest.TempPathFactory = self._request.getfixturevalue("tmp_path_factory")
        return str(factory.getbasetemp() / "tflite_goldens" / re.sub(r"\W", "_", path.stem)[:40])

    def _command(self, option: str) -> str:
        """The command line that runs this test with an option."""
        module = os.path.relpath(self._item.path, self._config.invocation_params.dir)
        rest = self._item.nodeid.partition("::")[2]
        return shlex.join(["pytest", f"{module}::{rest}", option])

    def _shown(self, path: Path) -> str:
        return os.path.relpath(path, self._config.invocation_params.dir)


def _short(error: Any) -> Any:
    """An error without the frames in tinylite that it came through; one from a test's own function keeps them."""
    here, frame = os.path.dirname(os.path.abspath(__file__)), error.__traceback__
    while frame is not None:
        if not frame.tb_frame.f_code.co_filename.startswith(here):
            return error
        frame = frame.tb_next
    return error.with_traceback(None)
