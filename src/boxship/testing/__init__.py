"""Conformance suites and fakes, for the plugs and the tests of whoever uses Boxship."""
