"""`/invocations`, which MLflow and SageMaker share: the content says whose words are meant."""

from collections.abc import Callable, Mapping
from importlib.metadata import version

import msgspec

from boxship._serve.about import About
from boxship._serve.dialects import Read
from boxship._serve.dialects.bodies import BODIES, LINES
from boxship._serve.dialects.csv_body import rows_of_csv
from boxship._serve.dialects.instances import Instances
from boxship._serve.dialects.lines_body import LinesBody
from boxship._serve.dialects.own import Own
from boxship._serve.dialects.predictions import predictions
from boxship._serve.dialects.rejected import rejected
from boxship._serve.media import CSV, media_of, prefers_csv
from boxship._serve.message import JSON, TEXT, Call, Reply
from boxship._serve.problem import headers_of, media_unknown, said, status_of
from boxship.codecs.csv_answers import csv_predictions
from boxship.core.join import Share
from boxship.errors import BoxshipError, DataError

_CSV_ALONE = b"text/csv; charset=utf-8; header=absent"
_NOTHING = msgspec.Raw(b"")
_NO_PARAMS = (b"", b"null", b"{}")
_CODES = {404: "ENDPOINT_NOT_FOUND", 429: "REQUEST_LIMIT_EXCEEDED", 503: "TEMPORARILY_UNAVAILABLE"}


class Frame(msgspec.Struct):
    """What MLflow's scoring protocol has in JSON: one of these."""

    dataframe_split: msgspec.Raw = _NOTHING
    dataframe_records: msgspec.Raw = _NOTHING
    instances: msgspec.Raw = _NOTHING
    inputs: msgspec.Raw = _NOTHING
    params: msgspec.Raw = _NOTHING


_KEYS = Frame.__struct_fields__[:-1]
_QUOTED = tuple(f'"{key}"'.encode() for key in _KEYS)


class Invocations:
    """JSON under one of MLflow's names, and CSV, are answered with predictions alone; our own JSON and
    JSON lines as `/predict` answers them."""

    name = "invocations"
    prefix = b"/invocations"
    asked = (b"/invocations",)

    def __init__(self, about: About) -> None:
        self._about = about
        self._own = Own(about)
        self._lines = LinesBody(about)
        self._instances = Instances(about)
        self._frame = msgspec.json.Decoder(Frame)

    @property
    def told(self) -> Mapping[bytes, Callable[[], Reply]]:
        ours = Reply(200, TEXT, version("boxship").encode())
        return {b"/ping": self._health, b"/health": self._health, b"/version": lambda: ours}

    def read(self, call: Call) -> Read:
        media = media_of(call.header(b"content-type"))
        if media.kind == CSV:
            rows = rows_of_csv(self._about.contract, call, media, self._about.most_rows)
            return Read(rows, self._as_csv if prefers_csv(call.header(b"accept")) else self._predictions)
        if BODIES.get(media.kind.decode("latin1")) == LINES:
            return self._lines.read(call, media)
        if not media.is_json:
            raise media_unknown(media.kind, ["application/json", "application/jsonlines", "text/csv"])
        return self._framed(call.body) or self._own.read(call)

    def write(self, read: Read, share: Share) -> Reply:
        return read.wanted(share) if callable(read.wanted) else self._own.write(read, share)

    def refuse(self, status: int, error: BoxshipError) -> Reply:
        code = _CODES.get(status, "BAD_REQUEST" if status < 500 else "INTERNAL_ERROR")
        body = msgspec.json.encode({"error_code": code, "message": str(said(status, error))})
        return Reply(status, JSON, body, headers_of(error))

    def _framed(self, body: bytes) -> Read | None:
        """None for what has none of MLflow's names at its top."""
        if not any(key in body for key in _QUOTED):
            return None
        try:
            frame = self._frame.decode(body)
        except (msgspec.DecodeError, UnicodeError, RecursionError):  # a list, or no JSON
            return None
        given = [key for key in _KEYS if bytes(getattr(frame, key))]
        if not given:
            return None
        if len(given) > 1:
            raise DataError("codec.not_rows", f"the body has {' and '.join(given)}", "send one of them")
        if bytes(frame.params) not in _NO_PARAMS:
            raise DataError("codec.not_rows", "the box takes no params", "leave them out")
        raw = bytes(getattr(frame, given[0]))
        read = self._instances.read_split if given[0] == "dataframe_split" else self._instances.read
        return Read(read(raw), self._predictions)

    def _predictions(self, share: Share) -> Reply:
        answers = share.cut()
        error = rejected(answers)
        if error is not None:
            return self.refuse(status_of(error), error)
        found = predictions(self._about.contract.outputs, answers)
        return Reply(200, JSON, msgspec.json.encode({"predictions": found}))

    def _as_csv(self, share: Share) -> Reply:
        """A prediction a line and no header, as SageMaker's own containers answer."""
        answers = share.cut()
        error = rejected(answers)
        if error is not None:
            return self.refuse(status_of(error), error)
        return Reply(200, _CSV_ALONE, csv_predictions(self._about.contract.outputs, answers))

    def _health(self) -> Reply:
        ready = self._about.ready()
        return Reply(200 if ready else 503, TEXT, b"\n")
