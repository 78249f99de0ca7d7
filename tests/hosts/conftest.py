from __future__ import annotations

#: A project of its own, with its own tests, which `test_newsroom.py` runs outside this tree.
collect_ignore = ["newsroom_site"]
