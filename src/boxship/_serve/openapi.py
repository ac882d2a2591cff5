"""What can be asked here, as an OpenAPI document: made from the contract, told to whoever asks."""

import msgspec

from boxship._serve.about import About
from boxship._serve.json_schema import Schema, answer_schema, row_schema
from boxship._serve.message import JSON, Reply

_PROBLEM: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "hint"],
            "properties": {word: {"type": "string"} for word in ("code", "message", "hint")},
        }
    },
}
_REFUSALS = {
    "400": "The body holds no rows that can be told apart.",
    "413": "The body is larger, or has more rows, than is taken.",
    "415": "The body is of a type that is not read here.",
    "503": "The model is busy, or its process is gone; `retry-after` says when to ask again.",
}


class OpenApi:
    """Made once; the same bytes for everybody."""

    def __init__(self, about: About) -> None:
        self._reply = Reply(200, JSON, msgspec.json.encode(describe(about)))

    def tell(self) -> Reply:
        return self._reply


def describe(about: About) -> Schema:
    """OpenAPI 3.1: the routes of Boxship itself. Those of other protocols have documents of their own."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": about.name,
            "version": about.version,
            "description": "A model behind its contract: every row gets a verdict, and one bad row harms no other.",
            "x-boxship-box": str(about.box),
        },
        "paths": {
            "/predict": {"post": _predict()},
            **{path: {"get": _health(words)} for path, words in _HEALTH.items()},
        },
        "components": {
            "schemas": {
                "Row": row_schema(about.contract),
                "Answer": answer_schema(about.contract),
                "Problem": _PROBLEM,
            }
        },
    }


_HEALTH = {
    "/livez": "The process answers.",
    "/readyz": "The golden rows were answered as they were proven, and nobody has told the server to end.",
    "/healthz": "The same as readyz.",
}


def _predict() -> Schema:
    rows = {"oneOf": [_ref("Row"), {"type": "array", "items": _ref("Row")}]}
    answers = {"oneOf": [_ref("Answer"), {"type": "array", "items": _ref("Answer")}]}
    return {
        "operationId": "predict",
        "summary": "One row, or a list of them.",
        "parameters": [
            {
                "name": "x-request-id",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "maxLength": 128},
                "description": "Comes back as it was sent; without it one is made.",
            }
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": rows}}},
        "responses": {
            "200": _json("An answer, or a list of answers in the order of the rows.", answers),
            "422": _json("The one row is rejected; the reasons say why.", _ref("Answer")),
            **{status: _json(words, _ref("Problem")) for status, words in _REFUSALS.items()},
        },
    }


def _health(words: str) -> Schema:
    text = {"content": {"text/plain": {"schema": {"type": "string"}}}}
    return {
        "summary": words,
        "responses": {"200": {"description": "Yes.", **text}, "503": {"description": "No.", **text}},
    }


def _json(words: str, schema: Schema) -> Schema:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
