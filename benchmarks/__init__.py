"""Measurements, each beside the limit that it is held against: `python -m benchmarks [quick] [NAME ...] [--json FILE]`.

A benchmark prints; it never fails a test run. Docs: docs/performance.md.
"""
