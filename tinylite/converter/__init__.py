"""From TensorFlow's graphs to a Model: `convert` does it all; each module is a stage.

file or object ──graphdef──> GraphDef ──tf_graph──> TfGraph ──translate──> Model ──passes──> Model
"""

from __future__ import annotations
