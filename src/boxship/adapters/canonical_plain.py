"""One way to pickle an object without joblib: the same object, the same bytes."""

import pickle
from typing import Any

from boxship.adapters.canonical_atoms import Atoms, in_order

_PROTOCOL = 5


_Pickler: Any = pickle._Pickler  # noqa: SLF001  # the one whose `save` is asked for each part


class PlainPickler(_Pickler):  # type: ignore[misc]  # it is not typed
    """Equal atoms are one object, sets are sorted. pickle reads it as ever."""

    def __init__(self, file: Any) -> None:  # a binary file
        super().__init__(file, protocol=_PROTOCOL)
        self._canonical = Atoms()

    def save(self, obj: Any, save_persistent_id: Any = True) -> Any:  # noqa: FBT002  # as its base has it
        if type(obj) in (set, frozenset):
            return self.save_reduce(type(obj), (in_order(obj),), obj=obj)
        return super().save(self._canonical.one(obj), save_persistent_id)
