"""One visit: everything known of it, its people, its trips, its history."""

from guitara_app.pages.appointment.page import appointment_page

__all__ = ["appointment_page"]
