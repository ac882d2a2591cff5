"""The weights of a Keras model, a file of HDF5 in its archive: whether they lie in it, each for itself."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py

from boxship.adapters.damage import damaged
from boxship.adapters.zips import open_zip
from boxship.archive import read_part
from boxship.errors import BoxError

_WEIGHTS = "model.weights.h5"
_SOME, _TIMES = 1 << 28, 300  # bytes that any file may hold, and times its own size for larger ones


def check_weights(path: Path) -> None:
    """Raise for what HDF5 would follow out of the file, and for more than can be believed of it."""
    with open_zip(path) as members:
        data = read_part(members, _WEIGHTS)
    try:
        with h5py.File(io.BytesIO(data)) as weights:
            size = sum(one.nbytes for one in _datasets(weights, set()))
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise damaged(path, f"its {_WEIGHTS} is no whole file of HDF5: {str(error)[:200]}") from error
    if size > max(_SOME, _TIMES * len(data)):
        raise BoxError(
            "model.too_large",
            f"the weights in {path.name} would take {size >> 20:,} MB, of which it holds {len(data) >> 10:,} kB",
            "do not load it unless you know where it comes from",
        )


def _datasets(group: Any, seen: set[int]) -> Iterator[Any]:  # of HDF5
    """All that are in the group, once each, though a group may hold itself."""
    for name in group:
        link = group.get(name, getlink=True)
        item = group[name] if isinstance(link, h5py.HardLink) else None
        if item is None or getattr(item, "external", None) or getattr(item, "is_virtual", False):
            raise _outside(group, name, "lie in another file, or are a link")
        place = h5py.h5o.get_info(item.id).addr
        if place in seen:
            continue
        seen.add(place)
        if isinstance(item, h5py.Group):
            yield from _datasets(item, seen)
        elif isinstance(item, h5py.Dataset):
            if item.dtype.hasobject:
                raise _outside(group, name, "are references, or of no fixed size")
            yield item


def _outside(group: Any, name: str, why: str) -> BoxError:
    return BoxError(
        "model.external_data",
        f"the weights {group.name}/{name} {why}",
        "save the model again with model.save('model.keras')",
    )
