"""One file an operator: its CASES, which drive the reference comparison, the round trip, threads and the kernel benchmark."""
