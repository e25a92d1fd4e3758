"""Linear layers: convolutions and matrix products. Their operators know the geometry; layers.py builds the steps, by the types in pairs.py.

pairs.py         which types of input and weights go together, and how their sums become outputs
layers.py        the builder: from operands, types and geometry to steps
operands.py      checks of types, biases and scales
gemm.py          matrix products, for most geometries; depthwise.py the others
packing.py       weights in the panels that kernels read
requantizing.py  factors of int32 sums, as kernels read them
conditions.py    which layers a rule of an arithmetic holds for
"""
