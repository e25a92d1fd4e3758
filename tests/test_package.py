"""The package itself: what is public, who imports whom, what importing costs, what installing leaves behind."""

from __future__ import annotations

import ast
import importlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import tinylite

ROOT = Path(__file__).parent.parent
HEAVY = {"numba", "llvmlite", "tensorflow", "ai_edge_litert", "tflite_runtime", "PIL", "rich", "click"}

# DESIGN.md's rooms. A module may import what its room lists: parts of tinylite, and other packages.
# What every room of tinylite/ may import beside its own: the ground.
GROUND = {"text", "errors", "limits", "tensor_types", "quantization_math", "numpy"}
ROOMS = {
    "schema": {"schema", "numpy", "flatbuffers", "google"},
    "kernels": {"kernels", "numpy", "numba", "llvmlite"},
    "tinylite/text.py": set(),
    "tinylite/errors.py": {"text"},
    "tinylite/limits.py": set(),
    "tinylite/tensor_types.py": set(),
    "tinylite/quantization_math.py": set(),
    "tinylite/arithmetic.py": set(),
    "tinylite/archives.py": set(),
    "tinylite/files.py": {"numpy"},
    "tinylite/c_arrays.py": {"numpy", "schema"},
    "tinylite/html_tables.py": set(),
    "tinylite/kinds.py": {"c_arrays", "files"},
    "tinylite/diagnose.py": {"describe_graph", "files", "kinds"},
    "tinylite/keras_files.py": {"archives", "files"},
    "tinylite/describe_graph.py": {"converter", "files", "keras_files", "kinds", "numpy"},
    "tinylite/memory.py": {"kernels", "numpy"},
    "tinylite/segment.py": {"kernels", "memory", "model", "ops", "numpy"},
    "tinylite/objects.py": {"files", "html_tables", "numpy", "schema"},
    "tinylite/signatures.py": {"objects"},
    "tinylite/clone.py": {"numpy", "objects", "schema"},
    "tinylite/load.py": {"archives", "c_arrays", "diagnose", "files", "kinds", "numpy", "objects", "schema"},
    "tinylite/save.py": {"files", "numpy", "objects", "schema", "signatures"},
    "tinylite/model.py": {"clone", "files", "html_tables", "load", "objects", "save"},
    "tinylite/metadata.py": {"model", "numpy", "schema"},
    "tinylite/random_values.py": {"numpy", "stored_values"},
    "tinylite/scaling.py": {"metadata", "numpy", "stored_values"},
    "tinylite/sounds.py": {"files", "metadata", "numpy", "scaling"},
    "tinylite/model_source.py": {"kinds", "load", "model", "numpy", "save"},
    "tinylite/ops": {"arithmetic", "ops", "kernels", "memory", "model", "numpy", "flatbuffers"},
    "tinylite/passes": {"passes", "ops", "model", "numpy"},
    "tinylite/converter": {
        "converter",
        "diagnose",
        "files",
        "kinds",
        "freezing",
        "memory",
        "passes",
        "quantize",
        "ops",
        "schema",
        "model",
        "numpy",
        "flatbuffers",
    },
    "tinylite/quantize": {"quantize", "converter", "freezing", "passes", "ops", "model", "text", "numpy", "tensorflow"},
    "tinylite/freezing": {"diagnose", "schema", "freezing", "files", "keras_files", "kinds", "numpy", "tensorflow", "keras", "google"},
    "tinylite/cli": {
        *(
            "__version__",
            "cli",
            "converter",
            "describe",
            "diagnose",
            "graph_tables",
            "describe_graph",
            "describe_quantization",
            "files",
            "freezing",
            "interpreter",
        ),
        *("kinds", "media", "model", "profile", "run", "scaling", "schema", "click", "netron", "PIL", "rich"),
    },
    "tinylite/examples": {
        *("cli", "examples", "freezing", "interpreter", "media", "model", "quantize", "tinylite"),
        *("click", "flatbuffers", "numpy", "PIL", "sklearn", "tensorflow"),
    },
    "tinylite/state.py": {"kernels", "memory", "numpy"},
    "tinylite/order.py": {"segment", "model", "ops"},
    "tinylite/layout.py": {"ops", "memory", "segment", "kernels", "numpy"},
    "tinylite/planner.py": {"arithmetic", "layout", "order", "ops", "passes", "memory", "segment", "state", "model", "kernels", "numpy"},
    "tinylite/plan.py": {"arithmetic", "planner", "segment", "state", "memory", "ops", "model", "kernels", "numpy"},
    "tinylite/interpreter.py": {
        "arithmetic",
        "order",
        "kernels",
        "html_tables",
        "stored_values",
        "plan",
        "segment",
        "state",
        "model",
        "model_source",
        "ops",
        "numpy",
    },
}
# Rooms that reach another room by one door only.
DOORS = {
    "memory": {"kernels.executor"},
    "state": {"kernels.executor"},
    "segment": {"kernels.executor", "kernels.interrupt", "kernels.kernel"},
    "interpreter": {"kernels.cpu"},
    "layout": {"kernels.store"},
    "planner": {"kernels.cpu", "kernels.kernel", "kernels.store"},
    "plan": {"kernels.store"},
}


def modules() -> list[str]:
    """All modules by name. One that only needs TensorFlow to make the demo's model is left out."""
    paths = [path.relative_to(ROOT) for room in ("tinylite", "schema", "kernels") for path in (ROOT / room).rglob("*.py")]
    names = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths]
    names = [name if name.startswith("tinylite") else f"tinylite.{name}" for name in names]
    return sorted(name for name in names if not name.endswith(("__main__", ".make_digits")))


def imports(path: Path, package: str) -> Iterator[str]:
    """What a file imports when it runs, as full names; `package` is the one it lies in. What only type checkers see is left out."""
    waiting: list[ast.AST] = [ast.parse(path.read_text())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from ([module] if node.module else [f"{module}.{alias.name}" for alias in node.names])
        else:
            waiting += ast.iter_child_nodes(node)


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
    assert sorted({*tinylite._HOME, "__version__", "compat", "lite", "quantize"}) == tinylite.__all__
    assert set(tinylite.__all__) <= set(dir(tinylite))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = tinylite.nonsense


@pytest.mark.parametrize("name", tinylite.__all__)
def test_what_the_package_gives_has_a_docstring(name: str) -> None:
    assert name == "__version__" or getattr(tinylite, name).__doc__


def test_imports_within_functions_are_seen_and_those_of_types_are_not() -> None:
    """Otherwise the rules below could not be broken."""
    found = set(imports(ROOT / "tinylite" / "ops" / "softmax.py", "tinylite.ops"))
    assert {"numpy", "tinylite.ops.common.operator", "tinylite.kernels.softmax"} <= found
    assert "tinylite.planner" not in found


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_what_they_may(room: str) -> None:
    place = ROOT / room
    package = "tinylite." + room.removeprefix("tinylite/") if place.is_dir() else "tinylite"
    for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
        inside = package + "".join(f".{part}" for part in path.relative_to(place).parent.parts)
        for name in imports(path, inside):
            top = name.split(".")[0]
            if top in sys.stdlib_module_names:
                continue
            part = name.split(".")[1] if top == "tinylite" and "." in name else top
            assert part in ROOMS[room] | (GROUND if room.startswith("tinylite/") else set()), f"{path.relative_to(ROOT)} imports {name}"


def test_operators_reach_kernels_only_while_they_prepare() -> None:
    for path in (ROOT / "tinylite" / "ops").rglob("*.py"):
        top = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom)]
        assert not any("kernels" in (node.module or "") for node in top), path


@pytest.mark.parametrize("room", DOORS)
def test_rooms_use_their_doors(room: str) -> None:
    for name in imports(ROOT / "tinylite" / f"{room}.py", "tinylite"):
        if name.startswith("tinylite.kernels"):
            assert name.removeprefix("tinylite.") in DOORS[room]


def test_importing_loads_nothing_heavy() -> None:
    loaded = set(python("import sys, tinylite, tinylite.interpreter; print(*sys.modules)").split())
    assert not HEAVY & loaded


def test_importing_adds_one_module_to_numpy() -> None:
    """What is counted is what takes the time: other modules are imported when something in them is first used."""
    plain, ours, running = (set(python(f"import sys, numpy{more}; print(*sys.modules)").split()) for more in ("", ", tinylite", RUNNING))
    assert ours - plain == {"tinylite"}
    assert len(running - plain) < 80


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
