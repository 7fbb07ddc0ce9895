"""How the system is doing: measured every few seconds by one of its web processes, kept for an hour, judged."""
