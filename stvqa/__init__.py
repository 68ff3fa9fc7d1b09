"""Scene graphs to spatial questions with proved answers; see `stvqa --help`."""

import logging

__all__ = ["__version__"]

__version__ = "0.1.0"

logging.getLogger(__name__).addHandler(logging.NullHandler())  # silent, unless the program that imports it is not
