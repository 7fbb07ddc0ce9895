"""Files of services and of staff: the same rules as their forms."""

from __future__ import annotations

import pytest

from guitara_app.accounts.permissions import Role
from guitara_app.exchange.models import Subject
from guitara_app.kit.errors import NotAllowed
from tests.integration.conftest import Scratch
from tests.integration.exchange.conftest import Desk, table
from tests.support.firm import Firm


def test_services(firm: Firm, marga: Desk, scratch: Scratch) -> None:
    stands = marga.look(
        table(
            "Number|Name|Minutes|Rest afterwards|Price|On sale",
            "|shiatsu|60||550.50|",
            "|Hilot|90|15|1,200|no",
            "|Foot|30|||",
            "|Hilot|60||500|",
            "404|X|60||500|",
            "|Long|601||500|",
        ),
        Subject.SERVICES,
    )
    assert [row["fate"] for row in marga.rows()] == ["changed", "new", "refused", "refused", "refused", "refused"]
    told = marga.told()
    assert told[2] == ["Name: Shiatsu \u2192 shiatsu", "Price: 500.00 \u2192 550.50"]
    assert told[4] == ["Price: A new service needs a price."]
    assert told[5] == ["Name: Row 3 has this name too."]
    assert told[7] == ["Minutes: A session takes 5 to 600 minutes."]
    marga.take(stands["id"], leave_out=True)
    assert scratch.sql(
        "SELECT name, minutes, buffer_minutes, price::text, active, version FROM services ORDER BY id"
    ) == [
        ("shiatsu", 60, 0, "550.50", True, 2),
        ("Hilot", 90, 15, "1200.00", False, 1),
    ]
    kinds = scratch.sql("SELECT kind, data->>'name' FROM events WHERE kind LIKE 'service\\_%%' ORDER BY id")
    assert kinds == [("service_added", "Hilot"), ("service_changed", "shiatsu")]
    assert set(scratch.one("SELECT topics FROM events WHERE kind = 'services_imported'")) >= {"catalog", "desk"}


def test_names_are_not_taken_from_other_services(firm: Firm, marga: Desk, scratch: Scratch) -> None:
    scratch.sql(
        "INSERT INTO services (name, minutes, price, buffer_minutes, active, version) VALUES ('A', 60, 1, 0, true, 1)"
    )
    other = scratch.one("SELECT max(id) FROM services")
    marga.look(table("Number|Name", f"{other}|Shiatsu"), Subject.SERVICES)
    assert marga.told("refused") == {
        2: [f"Name: Service {firm.service} has this name. Give another, or put that number into the row."]
    }


def test_staff_is_for_admins(firm: Firm, marga: Desk) -> None:
    with pytest.raises(NotAllowed):
        marga.send(table("User name", "x"), Subject.STAFF)


def test_staff(firm: Firm, ramon: Desk, scratch: Scratch) -> None:
    stands = ramon.look(
        table(
            "Name|User name|Role|E-mail|Phone|Vehicle|Active",
            "Therapist Zero|t0||T0@example.com|0917 555 0001||",
            "Dino O'Hara|dino|driver|||motorcycle|yes",
            "No Car|nocar|driver||||",
            "Car|car|therapist|||car|",
            "Therapist 1|t1|driver|||car|",
            "Ramon|ramon|operator||||",
            "Ana|ana|manager||||",
            "Off|t2|||||no",
            "New off|newoff|operator||||no",
            "|nameless|operator||||",
            "Twin|dino|driver|||car|",
        ),
        Subject.STAFF,
    )
    told = ramon.told()
    assert told[2][0] == "Name: Therapist 0 \u2192 Therapist Zero"
    assert told[4] == ["Vehicle: A driver has a vehicle: car or motorcycle."]
    assert told[5] == ["Vehicle: Only drivers have a vehicle. Leave it empty."]
    assert told[6][0].startswith("Role: Therapists and drivers keep their role")
    assert told[7] == ["Role: You cannot change your own role. Ask another admin."]
    assert told[8] == ["Name: Ana O'Hara \u2192 Ana", "Role: operator \u2192 manager"]
    where = "Active: An account is disabled and enabled on the Staff page, where a reason is asked for."
    assert (told[9], told[10]) == ([where], [where])
    assert told[11] == ["Name: Somebody new needs a name."]
    assert told[12] == ["User name: Row 3 has this user name too."]
    ramon.take(stands["id"], leave_out=True)
    assert scratch.sql("SELECT name, role, vehicle, password_hash FROM people WHERE username = 'dino'") == [
        ("Dino O'Hara", "driver", "motorcycle", None)
    ]
    assert scratch.sql("SELECT role, version FROM people WHERE username = 'ana'") == [("manager", 2)]
    topics = scratch.one("SELECT topics FROM events WHERE kind = 'staff_imported'")
    assert {"accounts", f"revoke:{firm.operator.person_id}"} <= set(topics)
    assert scratch.one("SELECT role FROM people WHERE username = 'ramon'") == Role.ADMIN
