"""What a client may ask for: everything that is known of them, and to be forgotten."""
