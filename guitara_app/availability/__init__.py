"""When somebody can be offered work."""
