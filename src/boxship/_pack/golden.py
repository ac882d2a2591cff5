"""The rows that a box is proven on: drawn from its profile so that its model can answer them, or those of a file."""

import msgspec
import numpy as np

from boxship._pack.data import Data
from boxship.adapters import Model
from boxship.core.contract import Contract
from boxship.core.digest import Digest
from boxship.core.golden import draw, narrowed, without_nulls
from boxship.core.profile import Profile
from boxship.core.table import Schema, Table
from boxship.core.verdict import REJECTED, Verdicts
from boxship.errors import DataError
from boxship.runner.local import Runner

_NOBODY = Digest("0" * 64)


def answered_rows(model: Model, given: Data | None, contract: Contract, profile: Profile) -> Table:
    """Golden rows. Where the model rejects drawn ones, those within what the data did reach, as a table of
    embeddings ends at its last place and the profile rounds that up; or of these those without nulls."""
    golden = golden_rows(given, contract, profile)
    rejected = 0 if given else _rejected(model, contract, golden)
    nearer = profile
    for change in (narrowed, without_nulls):
        if rejected:
            nearer = change(nearer)
            rows = golden_rows(None, contract, nearer)
            if (fewer := _rejected(model, contract, rows)) < rejected:
                golden, rejected = rows, fewer
    return golden


def _rejected(model: Model, contract: Contract, rows: Table) -> int:
    codes = Runner(_NOBODY, contract, model).predict(rows).verdicts.codes()
    return int(np.count_nonzero(codes == REJECTED))


def golden_rows(given: Data | None, contract: Contract, profile: Profile) -> Table:
    """Drawn from the profile, or those of a file, which all have to fit the contract.

    A sensitive field's values are drawn in either case.
    """
    if given is None:
        return draw(profile, contract.schema, levels=_levels(contract))
    shown = tuple(field for field in contract.inputs if not field.sensitive)
    allowing = msgspec.structs.replace(contract.policies, extra="allow")  # what is no input is not kept
    rows = given.rows(msgspec.structs.replace(contract, inputs=shown, policies=allowing))
    if rows.verdicts.length == 0:
        raise DataError("data.empty", "the golden data has no rows", "name a file of good rows")
    _refuse_rejected(rows.verdicts)
    hidden = Schema((field.name, field.typed) for field in contract.inputs if field.sensitive)
    drawn = draw(profile, hidden, rows=rows.verdicts.length, levels=_levels(contract))
    tables = {name: drawn if name in hidden.places else rows.table for name in contract.schema.names}
    return Table.from_columns({name: table.column(name) for name, table in tables.items()})


def _refuse_rejected(verdicts: Verdicts) -> None:
    bad = np.flatnonzero(verdicts.codes() == REJECTED)
    if len(bad):
        reason = verdicts.reasons()[int(bad[0])][0]
        got = "" if reason.got is None else f" is {repr(reason.got)[:40]}"
        where = f"field {reason.field!r}{got}" if reason.field else "the row"
        raise DataError(
            "golden.rejected",
            f"golden row {bad[0]} is rejected: {where}, {reason.code}"
            + (f", expected {reason.expected}" if reason.expected else ""),
            "golden rows are good rows; bad input is tried by itself",
            {"row": int(bad[0]), "field": reason.field, "code": reason.code},
        )


def _levels(contract: Contract) -> dict[str, list[str]]:
    return {f.name: [str(one) for one in f.categories] for f in contract.inputs if f.categories is not None}
