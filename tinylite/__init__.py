"""tinylite: TensorFlow Lite files without TensorFlow."""
