"""Small faults, each put into a copy of the package to show that the tests see it."""

from .bug import Bug
from .doors import DOORS
from .money import MONEY
from .telling import TELLING
from .time import TIME

BUGS: tuple[Bug, ...] = (*MONEY, *TIME, *TELLING, *DOORS)

__all__ = ["BUGS", "Bug"]
