"""python -m tinylite"""

from .cli import main

main()
