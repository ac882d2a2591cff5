"""Where boxes live, with names, versions and attachments."""

from boxship.stores.local import LocalStore, Named
from boxship.stores.reference import Reference

__all__ = ["LocalStore", "Named", "Reference"]
