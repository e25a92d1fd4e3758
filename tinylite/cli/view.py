"""`tinylite view`: a model as a picture, in Netron."""

from __future__ import annotations

import os
import time

import click

from ..errors import FileError, SettingError, at
from .base.terminal import CONTEXT, echo

__all__ = ["view"]


@click.command(context_settings=CONTEXT, short_help="Show MODEL as a graph in the browser.")
@click.argument("model", type=click.Path())
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port to serve at.  [default: one that is free]")
@click.option("--host", default="localhost", show_default=True, help="The address to serve at; 0.0.0.0 lets other machines look.")
@click.option("--browse/--no-browse", default=None, help="Open a browser.  [default: if there is one]")
def view(model: str, port: int, host: str, browse: bool | None) -> None:
    """Show MODEL in Netron: a .tflite file, a GraphDef (.pb or .pbtxt), a SavedModel, a checkpoint, or a Keras file.

    Opens a browser, or prints the address where there is none, and serves until Ctrl-C. Needs the extra tinylite[view].
    """
    path = _file_of(model)
    try:
        import netron
    except ImportError:
        raise SettingError("Netron, which draws models, is not installed", "pip install 'tinylite[view]'") from None
    opens = _has_browser() if browse is None else browse
    address = netron.start(path, (host, _free_port(host, port)), browse=opens)
    echo(f"http://{address[0]}:{address[1]} shows {path}; Ctrl-C ends it")
    try:
        while True:
            time.sleep(3600)
    finally:
        netron.stop(address)


def _file_of(model: str) -> str:
    """The file that Netron opens: in a SavedModel's directory saved_model.pb, for a checkpoint's prefix its index."""
    from ..files.diagnose import diagnose_path

    for path in (model, os.path.join(model, "saved_model.pb"), f"{model}.index"):
        if os.path.isfile(path):
            return path
    with at(model):
        what, remedy = diagnose_path(model)
        raise FileError(f"it cannot be shown: it is {what}", remedy)


def _has_browser() -> bool:
    """Whether a browser would open a window here; on a machine without a screen, text browsers do not count."""
    import sys
    import webbrowser

    if sys.platform not in ("win32", "darwin") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def _free_port(host: str, port: int) -> int:
    """The port if nobody listens there, or with 0 any that is free. Raises SettingError."""
    import socket

    try:
        with socket.create_server((host, port)) as server:
            return int(server.getsockname()[1])
    except OSError as error:
        place, option = (f"{host}:{port}", "--port, or none for one that is free") if port else (host, "--host")
        raise SettingError(f"nothing can be served at {place}: {error.strerror or error}", f"Give another {option}") from None
