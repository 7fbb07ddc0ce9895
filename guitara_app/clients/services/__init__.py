"""Every change of clients."""

from guitara_app.clients.services.adding import add_address, create, use_address

__all__ = ["add_address", "create", "use_address"]
