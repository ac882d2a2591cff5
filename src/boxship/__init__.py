"""Boxship turns a trained model into one immutable, proven unit, and runs it anywhere."""
