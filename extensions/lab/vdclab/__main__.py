"""``python -m vdclab``."""

from .cli import main

main()
