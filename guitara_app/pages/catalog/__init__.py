"""What is sold and where it is brought: services, materials, zones. The desk sees it, managers change it."""

from guitara_app.pages.catalog.materials import materials_page
from guitara_app.pages.catalog.services import services_page
from guitara_app.pages.catalog.zones import zones_page

__all__ = ["materials_page", "services_page", "zones_page"]
