"""How well a box answers rows whose truth is known: metrics with intervals, segments, two boxes beside each other."""
