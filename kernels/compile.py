"""Compile kernels to object files. With simd, tiles and machine all that imports numba here, in processes of its own (see build.py).

A process of its own means that numba is never imported where a model runs, that it compiles for the target wanted
without disturbing anybody else's numba, and that several can work at once.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import threading
import time
from typing import Any

from .cpu import llvm_cpu
from .image import link, linkable
from .kernel import KERNELS, Kernel, symbol
from .lazy import load, simd


def _entry(made: Kernel) -> Any:
    """The function to compile: four integers in, a status out."""
    from numba import njit, types
    from numba.extending import intrinsic

    load()
    options = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "nogil": True}
    body = njit(**options)(made.function)
    if made.record is None:
        return body
    kind = simd.Arguments(made.record)

    @intrinsic
    def arguments(typing: Any, address: Any) -> Any:
        return kind(types.int64), lambda context, builder, found, values: values[0]

    @intrinsic
    def status(typing: Any, result: Any) -> Any:
        """What the kernel returns; one that cannot fail returns nothing, which is 0."""
        if result == types.none:
            return types.int64(result), lambda context, builder, found, values: context.get_constant(types.int64, 0)
        return types.int64(result), lambda context, builder, found, values: context.cast(builder, values[0], result, types.int64)

    def entry(address, low, high, scratch):
        return status(body(arguments(address), low, high, scratch))

    return njit(**options)(entry)


def compile_kernel(made: Kernel) -> bytes:
    """What the store keeps of a kernel: an image (see image.py), or where there are none an object file."""
    import llvmlite.binding as llvm
    from numba import types

    arguments = (types.int64,) * 4
    entry = _entry(made)
    entry.compile(arguments)
    compiled = entry.overloads[arguments]
    module = llvm.parse_assembly(compiled.library.get_llvm_str())
    inner = compiled.fndesc.llvm_func_name
    # numba returns through a pointer and tells exceptions, which a kernel has none of, by the returned number.
    module.link_in(
        llvm.parse_assembly(f"""
        declare i32 @"{inner}"(ptr, ptr, i64, i64, i64, i64)
        define i64 @{symbol(made.name)}(i64 %a, i64 %low, i64 %high, i64 %scratch) {{
            %result = alloca i64
            %error = alloca ptr
            %code = call i32 @"{inner}"(ptr %result, ptr %error, i64 %a, i64 %low, i64 %high, i64 %scratch)
            %status = load i64, ptr %result
            ret i64 %status
        }}
        """)
    )
    for function in module.functions:
        if not function.is_declaration and function.name != symbol(made.name):
            function.linkage = llvm.Linkage.internal
    for variable in module.global_variables:
        if not variable.is_declaration:
            variable.linkage = llvm.Linkage.internal
    cpu, features = llvm_cpu()
    # An image is linked like a shared library; llvmlite's own loader wants code for anywhere in memory.
    model = {"reloc": "pic", "codemodel": "small"} if linkable() else {"jit": True}
    machine = llvm.Target.from_default_triple().create_target_machine(cpu=cpu, features=features, opt=3, **model)
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = True
    options.slp_vectorization = True
    passes = llvm.create_pass_builder(machine, options)
    passes.getModulePassManager().run(module, passes)
    code = bytes(machine.emit_object(module))
    return link(code, symbol(made.name)) if linkable() else code


def _end_with(parent: int) -> None:
    """End this process soon after its parent, which nothing else tells it while it compiles."""
    if sys.platform.startswith("linux"):
        import ctypes

        # At once, even while native code keeps all threads of Python waiting. The thread that has started this process waits for it.
        parent_death_signal = 1
        ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGKILL)
    first = os.getppid()

    def watch() -> None:
        while os.getppid() == first:
            try:
                os.kill(parent, 0)  # it may have ended before this process looked
            except ProcessLookupError:
                break
            except OSError:
                pass
            time.sleep(0.2)
        os._exit(1)

    with contextlib.suppress(RuntimeError):  # the system allows no thread
        threading.Thread(target=watch, daemon=True).start()


def main(parent: int) -> None:
    """Serve one parent, by its process number: each line of standard input names a module and a kernel, and is answered by the kernel's
    name, the size of its object file, and the file."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes of a terminal; the parent says when this one ends
    if os.name == "posix":
        _end_with(parent)
    output = sys.stdout.buffer
    sys.stdout = sys.stderr
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for line in sys.stdin:
        module, _, name = line.strip().partition(" ")
        importlib.import_module(module)
        compiled = compile_kernel(KERNELS[name])
        output.write(f"{name} {len(compiled)}\n".encode() + compiled)
        output.flush()
