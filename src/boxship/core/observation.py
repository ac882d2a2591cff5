"""One answered call, as monitoring sees it."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import msgspec

from boxship.core.answer import answer_rows
from boxship.core.contract import Contract
from boxship.core.digest import Digest, canonical_json
from boxship.core.table import Table
from boxship.core.verdict import Answers
from boxship.errors import DataError

FORMAT = 1


class ObservedRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row of an observation, plain and redacted: what is kept and exported."""

    request_id: str
    box: str
    variant: str
    time_ns: int
    latency_ns: int
    row: int
    answer: dict[str, object]
    inputs: dict[str, object]
    format: int = FORMAT

    def to_bytes(self) -> bytes:
        plain = {name: getattr(self, name) for name in self.__struct_fields__}
        return canonical_json({**plain, "format": FORMAT})

    @classmethod
    def from_bytes(cls, data: bytes) -> "ObservedRow":
        try:
            row = msgspec.json.decode(data, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DataError(
                "observation.damaged",
                f"the observation cannot be read: {error}",
                "copy it again, or leave it out",
            ) from error
        if row.format != FORMAT:
            raise DataError(
                "observation.newer_format",
                f"the observation has the format {row.format}, this Boxship reads {FORMAT}",
                "pip install --upgrade boxship",
            )
        return row


@dataclass(frozen=True, slots=True)
class Observation:
    """What one `predict` was given and answered. Rows are worded only when somebody reads them."""

    request_id: str
    box: Digest
    variant: str
    time_ns: int
    latency_ns: int
    table: Table
    answers: Answers

    def rows(self, contract: Contract, *, sample: Collection[int] | None = None) -> Iterator[ObservedRow]:
        """The rows (or those of a sample), without the values of sensitive fields."""
        worded = answer_rows(contract.outputs, self.answers)
        shown = [field.name for field in contract.inputs if not field.sensitive]
        positions = self.answers.positions
        kept = range(len(self.answers)) if positions is None else positions.tolist()
        inputs = dict(zip(kept, self.table.select(shown).to_rows(), strict=True)) if shown else {}
        for row, answer in enumerate(worded):
            if sample is None or row in sample:
                yield ObservedRow(
                    self.request_id,
                    str(self.box),
                    self.variant,
                    self.time_ns,
                    self.latency_ns,
                    row,
                    answer,
                    inputs.get(row, {}),
                )


Observe = Callable[[Observation], None]
