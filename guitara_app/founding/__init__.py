"""A firm's first day: what it is called, when it is open, what it sells, and who works there."""
