"""infer_shapes(): the shapes of a model's tensors from those of its inputs, as planning infers them."""

from __future__ import annotations

from ..errors import ModelError, UnsupportedError, at, quoted
from ..model import Model, Tensor
from .checks import prepared_graph
from .planner import Planner
from .settings import Settings

__all__ = ["infer_shapes"]


def infer_shapes(model: Model) -> None:
    """Set the tensors of a model's first graph to the shapes that follow from its inputs' shapes, which an edit may have changed.

    Raises ModelError for what is not a Model, what planning raises for shapes that the ops cannot take, and UnsupportedError where only a
    run can know them; nothing is changed then.
    """
    if not isinstance(model, Model):
        raise ModelError(f"infer_shapes takes a tinylite.Model, not {quoted(model)}", "Load it with tinylite.Model.load")
    with at(model.source or "the model"):
        planner = Planner(prepared_graph(model.graph, keep=True), {}, Settings(keep_all=True))
        need = planner.run()
        if need is not None:
            raise UnsupportedError(f"shapes depend on {need.name!r}, {need.reason}", "Only a run can know them")
    for value in planner.values.values():
        if value.tensor is not None and not value.tensor.is_constant:
            _set(value.tensor, value.shape)


def _set(tensor: Tensor, shape: tuple[int, ...]) -> None:
    """Set the shape of a tensor; dimensions that may vary may vary still."""
    if tensor.shape_signature is not None:
        same_rank = len(tensor.shape_signature) == len(shape)
        open_ = [same_rank and tensor.shape_signature[axis] == -1 for axis in range(len(shape))]
        tensor.shape_signature = tuple(-1 if free else size for free, size in zip(open_, shape, strict=True)) if any(open_) else None
    tensor.shape = shape
