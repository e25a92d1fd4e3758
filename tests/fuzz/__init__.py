"""Attacks on tinylite: damaged files, hostile values, foreign formats, in processes that may die of it.

    python -m tests.fuzz                                  all targets for a minute
    python -m tests.fuzz operators --first 7 --count 1    one attack again, saying what became of it

A target is a module of tests/fuzz/targets: `prepare()` makes what its attacks start from, `attack(seeds, number)` does one and
returns what became of it. The number alone decides what is done. Anything raised but a TinyliteError that the target expects
is a finding, and so are a crash, a hang, memory beyond what the input pays for, and results that depend on what memory held.

campaign.py runs targets, limits.py bounds one attack, guards.py makes memory that a kernel cannot leave unseen.
"""
