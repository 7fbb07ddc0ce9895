"""What the firm has decided about itself."""
