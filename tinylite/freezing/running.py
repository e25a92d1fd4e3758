"""What of a graph may run while it is frozen, and a guard that refuses the rest.

Freezing runs a part of the graphs that files hold: what restores variables, what sets up variables and tables, what reads them.
Such parts compute on tensors and keep state in the session. Ops that do more (write files, call Python, send) are refused by
name, unless the user allows them.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from glob import escape, glob
from typing import Any

from ..errors import CodeRefusedError
from .inline_variables import CALLS, called_functions, referred
from .tf import tensorflow

__all__ = ["REMEDY", "Guard", "is_harmless"]

REMEDY = "If you trust whoever made the file, allow it with --allow-code, in Python with allow_code=True"

_log = logging.getLogger("tinylite")

# Ops with state or effects that may run: all that they change is inside of the session.
_STATEFUL = re.compile(
    r"VarHandleOp|Variable(V2)?|TemporaryVariable|VariableShape|VarIsInitializedOp|ReadVariableOp|Assign(Add|Sub)?VariableOp|DisableCopyOnRead"
    r"|Resource(Gather(Nd)?|Scatter\w+|StridedSliceAssign|CountUpTo)"
    r"|(Anonymous)?(Mutable(Dense)?)?HashTable(OfTensors)?(V2)?|InitializeTableV2|LookupTable(Export|Find|Import|Insert|Remove|Size)V2"
    r"|(Is)?BoostedTrees\w+"
    r"|If|Case|While|StatefulPartitionedCall|Assert|CheckNumerics(V2)?|Print|GuaranteeConst|Empty|Timestamp"
    r"|Stack(\w*V2)?|TensorArray\w*"
    r"|Random(Crop|Gamma|Poisson(V2)?|Shuffle|StandardNormal|Uniform(Int)?)|(Parameterized)?TruncatedNormal|Multinomial"
    r"|Stateful(RandomBinomial|StandardNormal(V2)?|TruncatedNormal|Uniform(FullInt|Int)?)|StatelessRandomGetAlg|Rng(ReadAndSkip|Skip)"
    r"|NonDeterministicInts"
)
# Of ops that TensorFlow calls stateless all may run but these, which reach out of the graph nevertheless.
_REACHES_OUT = re.compile(
    r"(?!ShardedFile)\w*(File|Reader|Dataset|Iterator|Snapshot|VocabRemapping|Debug|PyFunc|Xla|TPU|Collective|Nccl|Remote)\w*"
    r"|DecodeProtoV2|EncodeProto|ImmutableConst|Abort|Copy(Host)?|SymbolicGradient|_.*"
)
# Ops that read a file, and the input that names it: they may read what belongs to the model.
_READERS = {
    "Restore": 0, "RestoreSlice": 0, "RestoreV2": 0, "InitializeTableFromTextFile": 1, "InitializeTableFromTextFileV2": 1,
}  # fmt: skip
_PASS_ON = {"Identity", "PlaceholderWithDefault"}
_SCREEN = {b"stdout", b"stderr", b"log(info)", b"log(warning)", b"log(error)"}  # where PrintV2 may print
# What an op would do that may not run, by its name.
_EFFECTS = [
    (r"(Eager)?PyFunc(Stateless)?", "call a Python function"),
    (r"Write\w*|Save\w*|\w*Save|MergeV2Checkpoints|\w*SummaryWriter|\w*SummaryDbWriter|DatasetToTFRecord|PrintV2", "write files"),
    (r"\w*(File|Reader|Dataset|VocabRemapping)\w*|Restore\w*|LoadAndRemapMatrix|ImmutableConst|\w*Proto(V2)?", "read files"),
    (r"Debug\w*|Copy(Host)?", "send tensors to where the graph says"),
    (r"Abort", "end the process"),
]

_Scope = str | None  # the function that a node is in; None for the graph itself
_Place = tuple[_Scope, str]


@cache
def is_harmless(op: str) -> bool:
    """Whether an operator computes on tensors and the session's own state alone. False for whatever TensorFlow does not bring itself."""
    from tensorflow.python.framework import op_def_registry

    known = op_def_registry.get(op)
    if known is None or not hasattr(tensorflow().raw_ops, op):
        return False
    return bool(_STATEFUL.fullmatch(op)) if known.is_stateful else not _REACHES_OUT.fullmatch(op)


def _is_stateless(op: str) -> bool:
    from tensorflow.python.framework import op_def_registry

    known = op_def_registry.get(op)
    return known is not None and not known.is_stateful


def _effect(op: str) -> str:
    return next((text for pattern, text in _EFFECTS if re.fullmatch(pattern, op)), "run an op that may do more than compute")


class Guard:
    """Refuses to run what reaches out of a graph: files beyond the model's folder, Python, other processes.

    `source` is what messages call the graph, `folder` the directory whose files it may read, if any. With `allow`, what would be
    refused is a warning.
    """

    def __init__(self, graph_def: Any, source: str, folder: str | None = None, *, allow: bool = False) -> None:
        self.source = source
        self.roots = [] if folder is None else _roots(folder)
        self.allow = allow
        self.graph: Any = None  # the tf.Graph that runs
        self.feeds: dict[str, str | None] = {}  # texts that tensors are given; None for other values
        self.warned: set[str] = set()
        self.seen: dict[_Place, Any] = {}  # nodes that ran or are about to
        self.calls: dict[str, list[tuple[_Scope, Any]]] = {}  # of the functions among them
        self.take(graph_def)

    def take(self, graph_def: Any) -> None:
        self.nodes = {node.name: node for node in graph_def.node}
        self.functions = {function.signature.name: function for function in graph_def.library.function}
        self.bodies = {name: {node.name: node for node in function.node_def} for name, function in self.functions.items()}

    # ---- questions

    def check_import(self) -> None:
        """Refuse what TensorFlow would run to find shapes out, when it makes the message a graph: ops of constants without state."""
        known: dict[_Place, bool] = {}
        for scope, node in self._reach((None, name) for name in self.nodes):
            if _is_stateless(node.op) and not is_harmless(node.op) and self._is_constant(scope, node, known):
                self._refuse(scope, node, "as soon as TensorFlow infers shapes", _effect(node.op))
        self.seen, self.calls = {}, {}

    def check_run(self, names: Iterable[str], feeds: Mapping[str, Any]) -> None:
        """Refuse to run these nodes, if they, or what they need, are more than computation."""
        names = list(names)
        if self.graph is not None and not self.seen:  # what runs is what TensorFlow has made of the message
            self.take(self.graph.as_graph_def())
        for name, value in feeds.items():
            text = os.fsdecode(value) if isinstance(value, (str, bytes)) else None
            key = name.removesuffix(":0")
            self.feeds[key] = text if self.feeds.get(key, text) == text else None
        new = self._reach((None, referred(name)) for name in names)
        why = f"when freezing runs {names[0]!r}" if names else ""
        for scope, node in new:
            if node.op in _READERS:
                self._check_path(scope, node, why)
            elif node.op == "PrintV2":
                if node.attr["output_stream"].s not in {b"", *_SCREEN}:
                    self._refuse(scope, node, why, f"write to {os.fsdecode(node.attr['output_stream'].s)!r}")
            elif node.op not in self.functions and not is_harmless(node.op):
                self._refuse(scope, node, why, _effect(node.op))

    def watch(self, session: Any) -> Any:
        """Make a session ask before each run. Returns it."""
        self.graph = session.graph
        run = session.run

        def checked(fetches: Any, feed_dict: Mapping[Any, Any] | None = None, **others: Any) -> Any:
            names = [getattr(fetch, "name", fetch) for fetch in tensorflow().nest.flatten(fetches)]
            self.check_run(names, {getattr(key, "name", key): value for key, value in (feed_dict or {}).items()})
            return run(fetches, feed_dict, **others)

        session.run = checked
        return session

    # ---- the walk

    def _node(self, scope: _Scope, name: str) -> Any:
        if scope is not None:
            return self.bodies[scope].get(name)
        if name not in self.nodes and self.graph is not None:  # one that was added since
            try:
                self.nodes[name] = self.graph.get_operation_by_name(name).node_def
            except (KeyError, ValueError):
                return None
        return self.nodes.get(name)

    def _reach(self, places: Iterable[_Place]) -> list[tuple[_Scope, Any]]:
        """Follow inputs and calls. Returns the nodes that were not reached before."""
        waiting, new = list(places), []
        while waiting:
            scope, name = waiting.pop()
            if (scope, name) in self.seen or (node := self._node(scope, name)) is None:
                continue
            self.seen[scope, name] = node
            new.append((scope, node))
            waiting += [(scope, referred(text)) for text in node.input]
            for callee in self._callees(node):
                self.calls.setdefault(callee, []).append((scope, node))
                waiting += [(callee, inner) for inner in self.bodies[callee]]
        return new

    def _callees(self, node: Any) -> Iterator[str]:
        """The functions that a node may call. TensorFlow may take one for another that says it does the same."""
        for name in called_functions([node]):
            if name in self.functions:
                yield name
                if role := self.functions[name].attr["api_implements"].s if "api_implements" in self.functions[name].attr else b"":
                    others = self.functions.items()
                    yield from (other for other, function in others if function.attr["api_implements"].s == role and other != name)

    def _arguments(self, scope: str, name: str) -> list[_Place] | None:
        """What the callers of a function pass for an argument; None if it is none, or that is not known."""
        names = [arg.name for arg in self.functions[scope].signature.input_arg]
        if name not in names:
            return None
        found: list[_Place] = []
        for caller, node in self.calls.get(scope, []):
            _, first = (None, 0) if node.op in self.functions else CALLS.get(node.op, (None, None))
            index = None if first is None or node.op.endswith("While") else first + names.index(name)
            if index is None or index >= len(node.input):
                return None
            found.append((caller, node.input[index]))
        return found

    def _is_constant(self, scope: _Scope, node: Any, known: dict[_Place, bool], depth: int = 0) -> bool:
        """Whether all that a node computes from is constants. `known` are answers that were found before."""
        if node.op.startswith("Placeholder") or not (_is_stateless(node.op) or node.op in self.functions):
            return False
        if depth > 100:
            return True  # for all that is known
        place = (scope, node.name)
        if place not in known:
            known[place] = False  # a loop is none
            known[place] = all(
                any(self._is_constant(where, other, known, depth + 1) for where, other in self._givers(scope, text))
                for text in node.input
                if not text.startswith("^")
            )
        return known[place]

    def _givers(self, scope: _Scope, text: str) -> Iterator[tuple[_Scope, Any]]:
        """The nodes that an input may come from, also those that callers pass."""
        given: list[_Place] = [(scope, text)]
        if scope is not None and referred(text) not in self.bodies[scope]:
            given = self._arguments(scope, text) or []
        for place, name in given:
            if (node := self._node(place, referred(name))) is not None:
                yield place, node

    # ---- paths

    def _check_path(self, scope: _Scope, node: Any, why: str) -> None:
        place = (scope, node.input[_READERS[node.op]])
        paths = self._paths(place)
        if paths is None:
            self._refuse(scope, node, why, "read a file that only the running graph names")
        for path in sorted(paths or ()):
            if not self._is_inside(path):
                self._refuse(scope, node, why, f"read {path!r}, which is outside of the model's folder")

    def _is_inside(self, path: str) -> bool:
        if "://" in path:
            return False
        files = [path, *glob(f"{escape(path)}.*")]  # a checkpoint's files have endings
        return all(any(os.path.commonpath([root, os.path.realpath(file)]) == root for root in self.roots) for file in files)

    def _paths(self, place: _Place) -> set[str] | None:
        """The texts that a tensor may hold; None if they are not known."""
        found: set[str] = set()
        seen: set[_Place] = set()
        waiting: list[_Place] = [place]
        while waiting:
            scope, text = waiting.pop()
            if (scope, text) in seen:
                continue
            seen.add((scope, text))
            if scope is None and text.removesuffix(":0") in self.feeds:
                if (fed := self.feeds[text.removesuffix(":0")]) is None:
                    return None
                found.add(fed)
                continue
            node = self._node(scope, referred(text))
            given: list[_Place] | None = None
            if node is None:
                given = None if scope is None else self._arguments(scope, text)
            elif node.op == "Const":
                found |= {os.fsdecode(value) for value in tensorflow().make_ndarray(node.attr["value"].tensor).reshape(-1)}
                continue
            elif node.op in _PASS_ON:
                given = [(scope, node.input[0])]
            elif node.op == "ReadVariableOp":
                given = self._assigned((scope, node.input[0]))
            if not given:
                return None
            waiting += given
        return found or None

    def _assigned(self, handle: _Place) -> list[_Place] | None:
        """What the nodes that run assign to a variable; None if that is not known."""
        variable = self._variable(handle)
        found = []
        for (scope, _), node in self.seen.items():
            if not node.op.startswith(("AssignVariable", "AssignAdd", "ResourceScatter", "ResourceStrided")):
                continue
            target = self._variable((scope, node.input[0]))
            if variable is None or target is None or (target == variable and node.op != "AssignVariableOp"):
                return None
            if target == variable:
                found.append((scope, node.input[1]))
        return found

    def _variable(self, handle: _Place) -> str | None:
        """The name of the variable that a handle refers to."""
        for _ in range(100):
            scope, text = handle
            node = self._node(scope, referred(text))
            if node is not None and node.op == "VarHandleOp":
                return node.attr["shared_name"].s.decode() or str(node.name)
            if node is not None and node.op == "Identity":
                handle = (scope, node.input[0])
                continue
            given = self._arguments(scope, text) if node is None and scope is not None else None
            if not given or len(given) > 1:
                return None
            handle = given[0]
        return None

    # ---- the word

    def _refuse(self, scope: _Scope, node: Any, why: str, effect: str) -> None:
        where = f"the node {node.name!r} ({node.op}){f' in the function {scope!r}' if scope else ''}"
        if not self.allow:
            raise CodeRefusedError(f"{self.source}: {where} would {effect} {why}", REMEDY)
        warning = f"{self.source}: {where} may {effect} {why}, as was allowed"
        if warning not in self.warned:
            self.warned.add(warning)
            _log.warning("%s", warning)


def _roots(folder: str) -> list[str]:
    """The directories that a model's files may be in: its own and, in a download cache that keeps files once in blobs/ and has links to
    them in snapshots/REVISION/, that blobs/.
    """
    own = os.path.realpath(folder)
    cache, found, _ = own.rpartition(f"{os.sep}snapshots{os.sep}")
    return [own, os.path.join(cache, "blobs")] if found else [own]
