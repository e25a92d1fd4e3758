"""A Graph as something that runs: planned op by op, laid out in memory, bound to kernels."""
