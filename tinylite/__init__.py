"""tinylite: run, read, check, edit and write TensorFlow Lite files in pure Python, without TensorFlow.

    import tinylite

    interpreter = tinylite.Interpreter("model.tflite")     # as tf.lite.Interpreter
    tinylite.convert("frozen.pb").save("model.tflite")     # from TensorFlow's graphs, without TensorFlow
    model = tinylite.Model.load("model.tflite")            # as objects, to look at and to edit

Importing this package imports nothing heavy: each name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import golden as golden, lite as lite, quantize as quantize
    from .arithmetic import Arithmetic as Arithmetic
    from .benching.bench import bench as bench
    from .benching.result import Bench as Bench
    from .converter import convert as convert
    from .converter.request import ConvertRequest as ConvertRequest
    from .converter.tflite_converter import TFLiteConverter as TFLiteConverter, toco_convert as toco_convert
    from .diffing.diff import diff as diff
    from .diffing.model_diff import ModelDiff as ModelDiff
    from .engine.infer_shapes import infer_shapes as infer_shapes
    from .errors import (
        CodeRefusedError as CodeRefusedError,
        ConvertError as ConvertError,
        CorruptFileError as CorruptFileError,
        ExplainError as ExplainError,
        FileError as FileError,
        FreezeError as FreezeError,
        GoldenError as GoldenError,
        InvokeError as InvokeError,
        KernelError as KernelError,
        MissingPackageError as MissingPackageError,
        ModelError as ModelError,
        NotATfliteFileError as NotATfliteFileError,
        OutOfMemoryError as OutOfMemoryError,
        QuantizeError as QuantizeError,
        SettingError as SettingError,
        TensorError as TensorError,
        TinyliteError as TinyliteError,
        UnprovenError as UnprovenError,
        UnsupportedError as UnsupportedError,
    )
    from .explaining.explain import explain as explain
    from .explaining.explanation import Explanation as Explanation
    from .freezing.dispatch import freeze as freeze
    from .freezing.frozen import Frozen as Frozen, FrozenTensor as FrozenTensor
    from .golden.matrix import compare_arithmetics as compare_arithmetics
    from .inputs.random_values import random_inputs as random_inputs
    from .inputs.stored_values import dequantize_values as dequantize_values, quantize_values as quantize_values
    from .interpreter import (
        GraphRunner as GraphRunner,
        Interpreter as Interpreter,
        OpResolverType as OpResolverType,
        SignatureRunner as SignatureRunner,
        load_delegate as load_delegate,
    )
    from .model import (
        ExternalBuffer as ExternalBuffer,
        Graph as Graph,
        Metadata as Metadata,
        Model as Model,
        Op as Op,
        Quantization as Quantization,
        Signature as Signature,
        Tensor as Tensor,
    )
    from .report.profile import Profile as Profile, profile as profile
    from .test_vectors import read_vectors as read_vectors, vectors as vectors

__version__ = "0.1.0"

# In a checkout that is not installed, schema/ and kernels/ lie beside this folder and not in it.
if not os.path.isdir(os.path.join(__path__[0], "kernels")):
    __path__.append(os.path.dirname(__path__[0]))

_HOMES = {
    "arithmetic": ("Arithmetic",),
    "benching.bench": ("bench",),
    "benching.result": ("Bench",),
    "errors": (
        "CodeRefusedError", "ConvertError", "CorruptFileError", "ExplainError", "FileError", "FreezeError", "GoldenError",
        "InvokeError", "KernelError", "MissingPackageError", "ModelError", "NotATfliteFileError", "OutOfMemoryError", "QuantizeError",
        "SettingError", "TensorError", "TinyliteError", "UnprovenError", "UnsupportedError",
    ),
    "converter": ("convert",),
    "converter.request": ("ConvertRequest",),
    "converter.tflite_converter": ("TFLiteConverter", "toco_convert"),
    "explaining.explain": ("explain",),
    "explaining.explanation": ("Explanation",),
    "freezing.dispatch": ("freeze",),
    "freezing.frozen": ("Frozen", "FrozenTensor"),
    "diffing.diff": ("diff",),
    "diffing.model_diff": ("ModelDiff",),
    "engine.infer_shapes": ("infer_shapes",),
    "interpreter": ("GraphRunner", "Interpreter", "OpResolverType", "SignatureRunner", "load_delegate"),
    "golden.matrix": ("compare_arithmetics",),
    "inputs.random_values": ("random_inputs",),
    "inputs.stored_values": ("dequantize_values", "quantize_values"),
    "model": ("ExternalBuffer", "Graph", "Metadata", "Model", "Op", "Quantization", "Signature", "Tensor"),
    "report.profile": ("Profile", "profile"),
    "test_vectors": ("read_vectors", "vectors"),
}  # fmt: skip
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [  # sorted, and equal to the names above; tests see to it
    "Arithmetic", "Bench", "CodeRefusedError", "ConvertError", "ConvertRequest", "CorruptFileError", "ExplainError", "Explanation",
    "ExternalBuffer", "FileError", "FreezeError", "Frozen", "FrozenTensor", "GoldenError", "Graph", "GraphRunner", "Interpreter",
    "InvokeError", "KernelError", "Metadata", "MissingPackageError", "Model", "ModelDiff", "ModelError", "NotATfliteFileError", "Op",
    "OpResolverType", "OutOfMemoryError", "Profile", "Quantization", "QuantizeError", "SettingError", "Signature", "SignatureRunner",
    "TFLiteConverter", "Tensor", "TensorError", "TinyliteError", "UnprovenError", "UnsupportedError", "__version__", "bench",
    "compare_arithmetics", "compat", "convert", "dequantize_values", "diff", "explain", "freeze", "golden", "infer_shapes", "lite",
    "load_delegate", "profile", "quantize", "quantize_values", "random_inputs", "read_vectors", "toco_convert", "vectors",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in ("golden", "lite", "quantize"):
        return importlib.import_module(f"{__name__}.{name}")
    if name == "compat":  # tf.compat.v1.lite
        from types import SimpleNamespace

        return SimpleNamespace(v1=SimpleNamespace(lite=importlib.import_module(f"{__name__}.lite")))
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
