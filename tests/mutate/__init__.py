"""Mutation testing: change the product in one place at a time, and report the changes that no test notices.

    python -m pytest -p tests.mutate.coverage -m "not slow"     # which test calls which function; once, and after larger changes
    python -m tests.mutate --count 100 --seed 1 tinylite        # a random sample of the mutants of these files

A survivor is printed as file:line with its diff: either it changes nothing that anybody could see, or a test is missing. Mutants run in
forks of one process that has collected all tests, about as fast as their tests; those in kernels/ in a copy of the tree, with a cache of
kernels that is thrown away. Needs Python 3.11 and os.fork.
"""
