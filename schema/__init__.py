"""The file formats as data: what a .tflite file can hold, a reader that trusts nothing and a writer.

Knows bytes and tables; what the tables mean to a model is tinylite.model's business.
"""
