"""Watching what a box answers: counts, profiles, and how others read them."""
