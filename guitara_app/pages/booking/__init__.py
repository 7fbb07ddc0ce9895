"""Booking while the client is on the phone: a sheet that opens beside the board."""
