"""A clean environment made from a lock, cached by its digest, and the processes that run in it.

look(python)  ->  Environment     what holds the model
take(...)     ->  Taken           the lock, and the code no index can give
ensure(...)   ->  Room            made once, found in milliseconds afterwards
start(...)    ->  Process         in a jail: no network, read-only, unprivileged
"""

from boxship.room.build import Room, ensure, verify
from boxship.room.clean import clean_rooms
from boxship.room.environment import Distribution, Environment, active, look
from boxship.room.lock import Pin, Taken, differences, parse_lock, take
from boxship.room.process import Exit, Isolation, Process, start

__all__ = [
    "Distribution",
    "Environment",
    "Exit",
    "Isolation",
    "Pin",
    "Process",
    "Room",
    "Taken",
    "active",
    "clean_rooms",
    "differences",
    "ensure",
    "look",
    "parse_lock",
    "start",
    "take",
    "verify",
]
