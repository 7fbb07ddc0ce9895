"""What one shift at the desk leaves to the next: the hand-over note."""
