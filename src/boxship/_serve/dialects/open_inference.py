"""The Open Inference Protocol (KServe V2) over HTTP: tensors in, tensors out."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from typing import Any, NamedTuple

import msgspec

from boxship._serve.about import About
from boxship._serve.dialects import Read
from boxship._serve.dialects.answer_tensor import VERDICT, Given, absent_rows, datatype_of, given_of
from boxship._serve.dialects.binary_tensor import HEADER, split_body, tensors_of
from boxship._serve.dialects.rejected import rejected
from boxship._serve.dialects.tensor import Sent
from boxship._serve.dialects.tensor_rows import TensorRows, rows_of
from boxship._serve.message import JSON, Call, Reply
from boxship._serve.problem import sentence, status_of, too_many_rows
from boxship.core.join import Share
from boxship.core.name import names_hint
from boxship.core.shown import shown_text
from boxship.errors import BoxshipError, DataError

_BINARY = b"application/octet-stream"
_OURS = (
    "classification",
    "shared_memory_region",
)  # extensions that change what is meant, and are none of ours


class Wanted(msgspec.Struct):
    """One output that a request asks for."""

    name: str
    parameters: dict[str, Any] | None = None  # whatever the protocol's extensions say


class Infer(msgspec.Struct):
    """The JSON of a request."""

    inputs: list[Sent]
    outputs: list[Wanted] | None = None
    id: str | None = None
    parameters: dict[str, Any] | None = None  # see Wanted


class Asked(NamedTuple):
    """What is needed to word the answer."""

    id: str | None
    outputs: Sequence[tuple[Given, bool]]  # each in bytes or not
    has_verdict: bool


class OpenInference:
    """`/v2`. A tensor a field, or one of all fields; `verdict` is an output for whoever asks for it."""

    name = "open_inference"
    prefix = b"/v2"

    def __init__(self, about: About) -> None:
        self._about = about
        self._rows = TensorRows(about.contract)
        self._infer = msgspec.json.Decoder(Infer)
        self._usual = given_of(about.contract.outputs)
        self._given = {one.name: one for one in (VERDICT, *self._usual)}
        models = f"/v2/models/{about.name}".encode()
        self._places = (models, models + f"/versions/{about.version}".encode())

    @property
    def asked(self) -> Sequence[bytes]:
        return [place + b"/infer" for place in self._places]

    @property
    def told(self) -> Mapping[bytes, Callable[[], Reply]]:
        server = {"name": "boxship", "version": version("boxship"), "extensions": ["binary_tensor_data"]}
        found: dict[bytes, Callable[[], Reply]] = {
            b"/v2": partial(_said, server),
            b"/v2/health/live": partial(_said, {"live": True}),
            b"/v2/health/ready": self._ready,
        }
        for place in self._places:
            found |= {place: partial(_said, self._metadata()), place + b"/ready": self._ready}
        return found

    def read(self, call: Call) -> Read:
        head, raw = split_body(call.body, call.header(HEADER))
        try:
            infer = self._infer.decode(head)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            message = f"the body is no inference request: {error}"
            raise DataError("tensor.malformed", message, 'send {"inputs": [...]}') from error
        tensors = tensors_of(infer.inputs, raw)
        rows = rows_of(tensors)
        if rows > self._about.most_rows:
            raise too_many_rows(rows, self._about.most_rows)
        return Read(self._rows.read(tensors, rows), self._asked(infer))

    def write(self, read: Read, share: Share) -> Reply:
        asked: Asked = read.wanted
        answers = share.cut()
        error = None if asked.has_verdict else rejected(answers)
        if error is not None:
            return self.refuse(status_of(error), error)
        absent, parts = absent_rows(answers), []
        outputs = []
        for given, is_binary in asked.outputs:
            one = given.head(len(answers))
            if is_binary:
                parts.append(given.raw(answers))
                one["parameters"] = {"binary_data_size": len(parts[-1])}
            else:
                one["data"] = given.data(answers, absent)
            outputs.append(one)
        return self._reply(asked, outputs, parts)

    def refuse(self, status: int, error: BoxshipError) -> Reply:
        return sentence(status, error)

    def _reply(self, asked: Asked, outputs: Sequence[Mapping[str, Any]], parts: Sequence[bytes]) -> Reply:
        said = {"model_name": self._about.name, "model_version": self._about.version, "outputs": outputs}
        if asked.id is not None:
            said["id"] = asked.id
        head = msgspec.json.encode(said)
        if not parts:
            return Reply(200, JSON, head)
        return Reply(200, _BINARY, b"".join([head, *parts]), ((HEADER, b"%d" % len(head)),))

    def _asked(self, infer: Infer) -> Asked:
        all_binary = bool((infer.parameters or {}).get("binary_data_output"))
        wanted = [Wanted(one.name) for one in self._usual] if not infer.outputs else infer.outputs
        names = {one.name for one in wanted}
        if len(names) < len(wanted):
            message = f"{len(wanted)} outputs are asked for, which are {len(names)}"
            raise DataError("tensor.malformed", message, "ask for each once")
        outputs = [(self._output(one), _is_binary(one, all_binary=all_binary)) for one in wanted]
        return Asked(infer.id, outputs, any(given is VERDICT for given, _ in outputs))

    def _output(self, wanted: Wanted) -> Given:
        found = self._given.get(wanted.name)
        if found is None:
            name = shown_text(wanted.name)
            message = f"there is no output {name!r}"
            raise DataError("tensor.malformed", message, names_hint("there are", name, [*self._given]))
        for name in _OURS:
            if (wanted.parameters or {}).get(name):
                message = f"output {wanted.name!r} is asked for with {name}"
                raise DataError("tensor.malformed", message, "ask for it as data or in bytes")
        return found

    def _ready(self) -> Reply:
        ready = self._about.ready()
        return _said({"name": self._about.name, "ready": ready}, 200 if ready else 503)

    def _metadata(self) -> dict[str, object]:
        about = self._about
        inputs = [
            {"name": field.name, "datatype": datatype_of(field.typed), "shape": [-1, *field.typed.shape]}
            for field in about.contract.inputs
        ]
        outputs = [one.metadata() for one in self._usual]
        return {
            "name": about.name,
            "versions": [about.version],
            "platform": f"boxship_{about.adapter}",
            "inputs": inputs,
            "outputs": outputs,
        }


def _is_binary(wanted: Wanted, *, all_binary: bool) -> bool:
    return bool((wanted.parameters or {}).get("binary_data", all_binary))


def _said(what: Mapping[str, object], status: int = 200) -> Reply:
    return Reply(status, JSON, msgspec.json.encode(what))
