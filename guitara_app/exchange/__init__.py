"""Clients, services and staff in and out as files: looked at row by row, then taken in whole or not at all."""
