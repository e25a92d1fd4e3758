"""Memory that plans and runs use: where tensors lie, and what outlasts a run."""
