#!/usr/bin/env bash
# Golden tests of integer arrays with pytest-regressions: a tolerance for them is ignored, and an unsigned value that is one too small is
# reported as off by 255.
#
# Versions: pytest-regressions 2.11.0, pytest 9.2.0, numpy 2.4.6, Python 3.11.
# Behaviour: ndarrays_regression compares integer arrays with !=, whatever `atol` says; it subtracts them in their own type, so that
# 9 - 10 of uint8 is 255 and so are the largest, mean and median differences that it prints. The type is not part of the golden: float32
# values 0.4 away from a uint8 golden pass, since the tolerance is applied to what was obtained if that is a float.
# A team that allows one step of a quantized output, or wants the type checked, must do both itself.
# Output seen:
#   uint8 equal: passed
#   uint8 one less, atol=1: failed, largest difference printed: 255
#   uint8 one more, atol=1: failed, largest difference printed: 1
#   float32 0.4 away from the uint8 golden, atol=1: passed
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pytest-regressions==2.11.0 pytest==9.2.0 numpy==2.4.6 pandas==3.1.1

cat > test_golden.py <<'PYTHON'
import os

import numpy as np
import pytest

GOLDEN = np.array([10, 20, 30, 40], np.uint8)
CASES = {
    "uint8 equal": GOLDEN,
    "uint8 one less, atol=1": GOLDEN - np.uint8(1),
    "uint8 one more, atol=1": GOLDEN + np.uint8(1),
    "float32 0.4 away from the uint8 golden, atol=1": GOLDEN.astype(np.float32) + np.float32(0.4),
}


@pytest.mark.parametrize("name", CASES)
def test_values(ndarrays_regression, name):
    values = GOLDEN if os.environ.get("RECORD") else CASES[name]
    ndarrays_regression.check({"y": values}, basename="golden", default_tolerance={"atol": 1, "rtol": 0})
PYTHON

cat > summary.py <<'PYTHON'
import re
import subprocess
import sys

from test_golden import CASES

for name in CASES:
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", f"test_golden.py::test_values[{name}]"], capture_output=True, text=True)
    largest = re.search(r"Stats for abs\(obtained - expected\):\nE?\s+Max:\s+(\S+)", done.stdout)
    print(f"{name}: passed" if done.returncode == 0 else f"{name}: failed, largest difference printed: {largest[1]}")
PYTHON

RECORD=1 venv/bin/python -m pytest -q --force-regen "test_golden.py::test_values[uint8 equal]" > /dev/null || true
venv/bin/python summary.py | tee seen.txt
diff seen.txt - <<'TEXT'
uint8 equal: passed
uint8 one less, atol=1: failed, largest difference printed: 255
uint8 one more, atol=1: failed, largest difference printed: 1
float32 0.4 away from the uint8 golden, atol=1: passed
TEXT
echo "as described"
