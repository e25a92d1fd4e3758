"""Models, graphs and runs in words, numbers and tables."""
