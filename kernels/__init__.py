"""Arithmetic on plain memory: numba kernels, and the native loop that runs a plan of them.

Knows shapes and numbers; nothing of files, graphs, or the names operators have in a file. Importing a module of this
package imports neither numba nor llvmlite: a kernel is only described here, and compiled or loaded when a plan needs it.
"""
