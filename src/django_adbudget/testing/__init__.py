"""For the tests of hosts: a clock, a platform, alerts and settings of their own, with pytest or without.

Each is a context manager; ``self.enterContext(frozen(...))`` keeps one for the length of a ``unittest`` test. Nothing
here imports pytest; the fixtures are in ``django_adbudget.testing.plugin``.
"""

from ..platforms import RecordedPlatform, recording
from .alerts import recording_alerts
from .clocks import Clock, frozen
from .making import make_brand, make_campaign, make_window
from .overriding import override_adbudget

__all__ = [
    "Clock",
    "RecordedPlatform",
    "frozen",
    "make_brand",
    "make_campaign",
    "make_window",
    "override_adbudget",
    "recording",
    "recording_alerts",
]
