"""Profiles in the formats of other programs: a file for each."""
