"""What differs between two models: tests."""
