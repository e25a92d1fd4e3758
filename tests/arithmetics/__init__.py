"""Arithmetics against what they are named after, in random cases of each operator and type that they are proven for."""
