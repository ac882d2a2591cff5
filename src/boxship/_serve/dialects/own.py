"""Boxship's own: rows in, answers with verdicts and reasons out."""

from boxship._serve.dialects import Read
from boxship._serve.message import JSON, Call, Reply
from boxship._serve.problem import problem
from boxship.codecs.json import JsonCodec
from boxship.codecs.json_answers import JsonAnswers
from boxship.core.contract import Contract
from boxship.core.join import Share
from boxship.errors import BoxshipError

_REFUSED_ALONE = 422


class Own:
    """`POST /predict`: one object gives one answer, a list a list of answers in order."""

    name = "own"

    def __init__(self, contract: Contract) -> None:
        self._json = JsonCodec(contract)
        self._answers = JsonAnswers(contract)

    def read(self, call: Call) -> Read:
        return Read(*self._json.decode(call.body))

    def write(self, read: Read, share: Share) -> Reply:
        single = bool(read.wanted)
        refused = single and bool(share.whole.verdicts.faults) and not share.cut().table.length
        return Reply(_REFUSED_ALONE if refused else 200, JSON, self._answers.write(share, single=single))

    def refuse(self, status: int, error: BoxshipError) -> Reply:
        return problem(status, error)
