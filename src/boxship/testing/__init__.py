"""Conformance suites and fakes, for our own tests and for yours."""
