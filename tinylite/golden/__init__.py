"""Golden outputs: record what a model computes, and say later what differs, where, and whose fault it is.

golden = tinylite.golden.record("model.tflite", layers=True)
tinylite.golden.save(golden, "model.golden.npz")
report = tinylite.golden.check("model.golden.npz", "model.tflite")
assert report.passes, report.text()
"""

from __future__ import annotations

from .checking import check
from .compare import Difference, compare_arrays
from .file import load, save
from .findings import CaseDifference, Verdict
from .golden import Golden, GoldenTensor, Record
from .model_file import ModelFile
from .recording import record
from .report import Report
from .sources import OpSource, Source, TinyliteSource, source
from .tolerance import EXACT, Tolerance

__all__ = [
    "EXACT", "CaseDifference", "Difference", "Golden", "GoldenTensor", "ModelFile", "OpSource", "Record", "Report", "Source",
    "TinyliteSource", "Tolerance", "Verdict", "check", "compare_arrays", "load", "record", "save", "source",
]  # fmt: skip
