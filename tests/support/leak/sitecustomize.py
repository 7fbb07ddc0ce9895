"""A hole in the table of rights, for the test that must find it: on a web process's path, Python imports this first.

Therapists and drivers may open what is the desk's.
"""

from guitara_app.accounts.permissions import FIELD, HOLDERS, Permission

for _right in (Permission.SEE_BOARD, Permission.SEE_APPOINTMENT, Permission.SEE_CLIENTS):
    HOLDERS[_right] |= FIELD
