"""What runtimes share: the process that each runs in, the messages to it, and one op as a model."""
