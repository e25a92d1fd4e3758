"""Quantization: training that knows of it, and models of integers."""

from __future__ import annotations

from .integer import Integers, quantize_model

__all__ = ["Integers", "quantize_model"]
