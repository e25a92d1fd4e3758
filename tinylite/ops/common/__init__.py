"""What operators share: their base class, what a plan shows them, and the arithmetic that is done once, in prepare."""
