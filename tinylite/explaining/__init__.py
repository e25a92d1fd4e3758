"""Explaining single numbers: how one element of an op's output came about, in exact integers, term by term and rounding by rounding.

explain.py       runs a model up to an op, explains an element of its output, and compares with what the kernel has computed
target.py        which op is meant, and which others it depends on
alone.py         what the kernel of an op alone computes
explanation.py   what an explanation is, and its tables
site.py          an op whose inputs are known, which is what explanations start from
families/        how each operator computes an element: found by their marks, so that nothing lists them
windows.py       what an output of a convolution or matrix product is a sum over
requantizing.py  from int32 sums to output steps, by the method that an arithmetic names
stages.py        stages that families have in common
integers.py      the fixed-point arithmetic that they share, in Python's integers
"""

from __future__ import annotations
