"""Benchmarks: ``make bench`` prints one JSON line a measurement. Nothing here is a test."""
