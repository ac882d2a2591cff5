"""Boxship's own: rows in, answers with verdicts and reasons out."""

from collections.abc import Callable, Mapping

from boxship._serve.about import About
from boxship._serve.dialects import Read
from boxship._serve.dialects.bodies import Bodies
from boxship._serve.media import media_of
from boxship._serve.message import JSON, Call, Reply
from boxship._serve.problem import problem
from boxship.codecs.json import JsonCodec
from boxship.codecs.json_answers import JsonAnswers
from boxship.core.join import Share
from boxship.errors import BoxshipError

_REFUSED_ALONE = 422
_USUAL = (b"application/json", b"")  # types that need no second look


class Own:
    """`POST /predict`: one object gives one answer, a list a list of answers in order.

    What is not JSON is read by its `Body`, which also words the answers.
    """

    name = "own"
    prefix = b""
    asked = (b"/predict",)
    told: Mapping[bytes, Callable[[], Reply]] = {}

    def __init__(self, about: About) -> None:
        self._json = JsonCodec(about.contract)
        self._answers = JsonAnswers(about.contract)
        self._bodies = Bodies(about)

    def read(self, call: Call) -> Read:
        header = call.header(b"content-type")
        if header not in _USUAL and not (media := media_of(header)).is_json:
            return self._bodies.read(call, media)
        packed = self._json.pack(call.body)
        return Read(*self._json.decode(call.body)) if packed is None else Read(packed, wanted=True)

    def write(self, read: Read, share: Share) -> Reply:
        if callable(read.wanted):
            reply: Reply = read.wanted(share)
            return reply
        single = bool(read.wanted)
        refused = single and bool(share.whole.verdicts.faults) and not share.cut().table.length
        return Reply(_REFUSED_ALONE if refused else 200, JSON, self._answers.write(share, single=single))

    def refuse(self, status: int, error: BoxshipError) -> Reply:
        return problem(status, error)
