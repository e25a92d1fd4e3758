"""What the process of a runtime does: it answers requests until there are no more (process.py)."""

from __future__ import annotations

import os
import signal
import sys

__all__ = ["main"]


def main() -> None:
    """Read requests from stdin and write answers to stdout; whatever a runtime prints goes to stderr."""
    from .. import load
    from .messages import receive, send

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever has started this ends it
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def say(doing: str) -> None:
        send(answers, {"doing": doing}, [])

    while True:
        try:
            request, (content, *inputs) = receive(requests)
        except EOFError:
            return
        try:
            outputs, kept = load(request["runtime"]).run(content.tobytes(), inputs, request["wanted"], say)
        except Exception as error:  # of all types, with whatever text
            text = str(error) or type(error).__name__
            send(answers, {"error": text, "missing": isinstance(error, ImportError)}, [])
        else:
            send(answers, {"outputs": len(outputs), "kept": list(kept)}, [*outputs, *kept.values()])
