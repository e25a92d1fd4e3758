"""The package itself: what is public, who imports whom, what importing costs, what installing leaves."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import tinylite

ROOT = Path(__file__).parent.parent
HEAVY = {"numba", "llvmlite", "tensorflow", "ai_edge_litert", "tflite_runtime", "PIL", "rich", "click"}


def modules() -> list[str]:
    """All modules by name. One that only needs TensorFlow to make the demo's model is left out."""
    paths = [path.relative_to(ROOT) for room in ("tinylite", "schema", "kernels") for path in (ROOT / room).rglob("*.py")]
    names = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths]
    names = [name if name.startswith("tinylite") else f"tinylite.{name}" for name in names]
    return sorted(name for name in names if not name.endswith(("__main__", ".make_digits")))


def python(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_modules_say_what_they_are_and_have_what_they_list() -> None:
    for name in modules():
        module = importlib.import_module(name)
        assert module.__doc__, f"{name} says nothing of itself"
        for public in getattr(module, "__all__", []):
            assert hasattr(module, public), f"{name}.{public}"


def test_the_package_s_list_is_whole() -> None:
    assert sorted({*tinylite._HOME, "__version__", "compat", "golden", "lite", "quantize"}) == tinylite.__all__
    assert set(tinylite.__all__) <= set(dir(tinylite))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = tinylite.nonsense


@pytest.mark.parametrize("name", tinylite.__all__)
def test_what_the_package_gives_has_a_docstring(name: str) -> None:
    assert name == "__version__" or getattr(tinylite, name).__doc__


def test_importing_loads_nothing_heavy() -> None:
    loaded = set(python("import sys, tinylite, tinylite.interpreter; print(*sys.modules)").split())
    assert not HEAVY & loaded


def test_importing_adds_one_module_to_numpy() -> None:
    """What is counted is what takes the time: other modules are imported when something in them is first used."""
    plain, ours, running = (set(python(f"import sys, numpy{more}; print(*sys.modules)").split()) for more in ("", ", tinylite", RUNNING))
    assert ours - plain == {"tinylite"}
    others = {name for name in running - plain if not name.startswith(("tinylite", "flatbuffers"))}
    assert len(others) < 20, f"{sorted(others)} are imported before a model is read"


RUNNING = ", tinylite; tinylite.Interpreter"


def test_a_warm_start_loads_neither_numba_nor_llvmlite() -> None:
    code = """
import sys
from pathlib import Path
import tinylite
path = Path(tinylite.__file__).parent / "demo" / "digits_uint8.tflite"
interpreter = tinylite.Interpreter(path)
interpreter.allocate_tensors()
interpreter.invoke()
print(*sys.modules)
"""
    python(code)  # fills the store if need be
    assert not HEAVY & set(python(code).split())


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("setuptools", minversion="77")
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("tinylite", "schema", "kernels"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(folder),
        str(folder),
    ]
    subprocess.run(command, check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_is_pure_and_small(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    assert wheel.stat().st_size < 2_000_000


def test_installing_leaves_nothing_but_tinylite(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"tinylite", f"tinylite-{tinylite.__version__}.dist-info"}
    assert not any(name.endswith((".so", ".pyd", ".o")) for name in names)


def test_the_wheel_holds_what_a_checkout_holds(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if not name.startswith("tinylite-")}
    ours = {f"tinylite/{path.relative_to(ROOT)}" for room in ("schema", "kernels") for path in (ROOT / room).rglob("*.py")}
    ours |= {
        str(path.relative_to(ROOT))
        for path in (ROOT / "tinylite").rglob("*")
        if path.suffix in (".py", ".tflite", ".png", ".typed", ".json")
    }
    assert packed >= ours
    assert not packed - ours - {"tinylite/schema/tflite.fbs"}
