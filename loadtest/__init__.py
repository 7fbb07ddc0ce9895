"""Many people at once, over the wire their browsers use: what they wait for, and whether every page ends up right."""
