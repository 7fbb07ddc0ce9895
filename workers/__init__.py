"""Jobs that run beside the pages: thin tasks around services, and the clock that starts them."""
