"""Every change of clients."""

from guitara_app.clients.services.adding import add_address, create, living, use_address
from guitara_app.clients.services.editing import change_address, edit, retire_address
from guitara_app.clients.services.merging import merge

__all__ = ["add_address", "change_address", "create", "edit", "living", "merge", "retire_address", "use_address"]
