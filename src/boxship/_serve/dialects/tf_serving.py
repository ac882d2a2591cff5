"""The REST API of TensorFlow Serving, which KServe calls V1: instances in, predictions out."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from boxship._serve.about import About
from boxship._serve.dialects import Read
from boxship._serve.dialects.instances import Instances
from boxship._serve.dialects.predictions import by_column, predictions
from boxship._serve.dialects.rejected import rejected
from boxship._serve.message import JSON, Call, Reply
from boxship._serve.problem import sentence, status_of
from boxship.core.join import Share
from boxship.core.shown import shown_text
from boxship.errors import BoxshipError, DataError

_NOTHING = msgspec.Raw(b"")
_SIGNATURES = ("", "serving_default")


class Predict(msgspec.Struct):
    """The JSON of a request: rows under the one name or the other."""

    instances: msgspec.Raw = _NOTHING
    inputs: msgspec.Raw = _NOTHING
    signature_name: str | None = None
    parameters: dict[str, object] | None = None


class TfServing:
    """`/v1/models`. Of a classifier the prediction is the label: it is what the model's `predict` gives,
    and what a threshold decides; the other protocols give the probabilities as well."""

    name = "tf_serving"
    prefix = b"/v1/"

    def __init__(self, about: About) -> None:
        self._about = about
        self._instances = Instances(about)
        self._predict = msgspec.json.Decoder(Predict)
        model = f"/v1/models/{about.name}".encode()
        self._places = (model, model + f"/versions/{about.version}".encode())

    @property
    def asked(self) -> Sequence[bytes]:
        return [place + b":predict" for place in self._places]

    @property
    def told(self) -> Mapping[bytes, Callable[[], Reply]]:
        models = Reply(200, JSON, msgspec.json.encode({"models": [self._about.name]}))
        return {b"/v1/models": lambda: models, **dict.fromkeys(self._places, self._status)}

    def read(self, call: Call) -> Read:
        try:
            asked = self._predict.decode(call.body)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise DataError("codec.malformed", f"the body is no request: {error}", _HINT) from error
        if (asked.signature_name or "") not in _SIGNATURES:
            message = f"there is no signature {shown_text(asked.signature_name or '')!r}"
            raise DataError("codec.not_rows", message, "leave signature_name out")
        if asked.parameters:
            raise DataError("codec.not_rows", "the box takes no parameters", "leave them out")
        instances, inputs = bytes(asked.instances), bytes(asked.inputs)
        if bool(instances) == bool(inputs):
            what = "both instances and inputs" if instances else "neither instances nor inputs"
            raise DataError("codec.not_rows", f"the body has {what}", _HINT)
        return Read(self._instances.read(instances or inputs), wanted="outputs" if inputs else "predictions")

    def write(self, read: Read, share: Share) -> Reply:
        answers = share.cut()
        error = rejected(answers)
        if error is not None:
            return self.refuse(status_of(error), error)
        word = by_column if read.wanted == "outputs" else predictions
        said = {read.wanted: word(self._about.contract.outputs, answers)}
        return Reply(200, JSON, msgspec.json.encode(said))

    def refuse(self, status: int, error: BoxshipError) -> Reply:
        return sentence(status, error)

    def _status(self) -> Reply:
        """As TensorFlow Serving and KServe say it."""
        ready = self._about.ready()
        status = {"error_code": "OK", "error_message": ""}
        state = "AVAILABLE" if ready else "UNLOADING"
        one = {"version": self._about.version, "state": state, "status": status}
        said = {"name": self._about.name, "ready": ready, "model_version_status": [one]}
        return Reply(200 if ready else 503, JSON, msgspec.json.encode(said))


_HINT = 'send {"instances": [...]}, a row each, or {"inputs": {...}}, a list for each field'
