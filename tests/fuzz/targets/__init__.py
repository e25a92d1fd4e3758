"""What is attacked, a file each; each has `prepare` and `attack`."""
