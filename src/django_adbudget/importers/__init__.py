"""Cost reports of ad platforms, read into the ledger."""

from .faults import ReportRefused
from .importing import Order, Outcome, import_report
from .layouts import LAYOUTS, MAPPED, Layout
from .posting import ImportStopped
from .reading import Reading

__all__ = [
    "LAYOUTS",
    "MAPPED",
    "ImportStopped",
    "Layout",
    "Order",
    "Outcome",
    "Reading",
    "ReportRefused",
    "import_report",
]
