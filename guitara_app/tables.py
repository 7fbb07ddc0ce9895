"""Every table of the application, for whoever needs the whole schema: migrations, the audit and the console."""

from guitara_app.accounts import models as accounts
from guitara_app.appointments import models as appointments
from guitara_app.availability import models as availability
from guitara_app.catalog import models as catalog
from guitara_app.clients import models as clients
from guitara_app.exchange import models as exchange
from guitara_app.feeds import models as feeds
from guitara_app.firm import models as firm
from guitara_app.handover import models as handover
from guitara_app.kit import answers, events
from guitara_app.money import models as money
from guitara_app.monitoring import models as monitoring
from guitara_app.notifications import models as notifications
from guitara_app.stock import models as stock

__all__ = [
    "accounts",
    "answers",
    "appointments",
    "availability",
    "catalog",
    "clients",
    "events",
    "exchange",
    "feeds",
    "firm",
    "handover",
    "money",
    "monitoring",
    "notifications",
    "stock",
]
