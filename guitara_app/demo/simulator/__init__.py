"""Demo staff whom nobody has signed in as, doing their work by themselves."""
