"""What people read and are shown to find their way: a guide for each role, the keys, the tour of the first sign-in."""
