"""Taking files in, and writing down which were taken out."""

from guitara_app.exchange.services.asking import (
    back_to_columns,
    check_rows,
    choose_columns,
    forget_old,
    note_exported,
    put_away,
    take_file,
    take_in,
)
from guitara_app.exchange.services.carrying import carry_out

__all__ = [
    "back_to_columns",
    "carry_out",
    "check_rows",
    "choose_columns",
    "forget_old",
    "note_exported",
    "put_away",
    "take_file",
    "take_in",
]
