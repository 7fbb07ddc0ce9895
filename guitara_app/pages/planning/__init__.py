"""What the pages of the plan share: moving a visit by hand, and what becomes of it."""
