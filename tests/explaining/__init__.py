"""Explanations of single numbers, against what kernels compute."""
