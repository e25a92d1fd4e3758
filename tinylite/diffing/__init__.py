"""Two models compared: what differs in structure, options, scales, weights and memory, and in what they compute."""
