"""Golden outputs: recording, files, checks and their verdicts."""
