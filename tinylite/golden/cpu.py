"""What this CPU is, for goldens whose arithmetic depends on it."""

from __future__ import annotations

import platform

__all__ = ["cpu_name"]


def cpu_name() -> str:
    """The architecture and, where the system says it, the CPU with its family and model: "x86_64 AMD EPYC (family 25, model 17)"."""
    fields: dict[str, str] = {}
    try:
        with open("/proc/cpuinfo") as file:
            for line in file.read(8192).split("\n\n")[0].splitlines():
                name, _, value = line.partition(":")
                fields[name.strip()] = value.strip()
    except (OSError, UnicodeDecodeError):
        pass
    family = f"(family {fields['cpu family']}, model {fields.get('model', '?')})" if "cpu family" in fields else ""
    return " ".join(filter(None, [platform.machine(), fields.get("model name") or platform.processor(), family]))
