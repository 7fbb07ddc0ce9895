"""Routes beside the pages: sign-in, health, and the API."""
