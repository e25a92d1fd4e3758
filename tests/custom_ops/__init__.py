"""Cases of custom operators, a file for each."""
