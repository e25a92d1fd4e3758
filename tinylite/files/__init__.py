"""Bytes on disk: which format they are, and readers of those that are not .tflite (GraphDefs, checkpoints, Keras archives)."""
