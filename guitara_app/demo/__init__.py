"""A made-up firm to try the product with: its people, two weeks of history, and an evening that is always now."""
