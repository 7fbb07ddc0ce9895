"""Guitara: scheduling and dispatch for home-service massage."""
