"""Which protocol answers where."""

import importlib
import json
from typing import Any

import pytest

from boxship._serve.dialects import DIALECTS
from boxship._serve.dialects.bodies import BODIES
from boxship._serve.route import Routes, routes_of
from boxship.core.contract import Contract, Field
from boxship.errors import HostError, UsageError
from unit._serve.dialects.asking import NUMBER, ROUTE, Server

CONTRACT = Contract((Field("a", "float64"),), NUMBER)
NOT_HERE = UsageError("http.no_route", "there is nothing here", "look elsewhere")


def routes(**about: Any) -> Routes:
    return routes_of(Server(CONTRACT).about._replace(**about), {})


def test_every_dialect_has_its_own_paths() -> None:
    found = routes()
    assert {one.name for one in found.asked.values()} == set(DIALECTS)
    assert len({path for one in found.spoken for path in one.asked}) == sum(
        len(one.asked) for one in found.spoken
    )


def test_every_kind_of_body_is_where_its_table_says() -> None:
    for target in set(BODIES.values()):
        module, _, attribute = target.partition(":")
        assert callable(getattr(importlib.import_module(module), attribute)), target


def test_without_a_route_vertex_has_none() -> None:
    found = routes(predict_route="")
    assert "vertex" not in {one.name for one in found.asked.values()}
    assert json.loads(found.refuse(b"/nowhere", 404, NOT_HERE).body)["error"]["code"] == "http.no_route"


def test_vertex_may_take_our_own_path() -> None:
    found = routes(predict_route="/predict", health_route="/health")
    assert found.asked[b"/predict"].name == "vertex"
    assert found.told[b"/health"]().status == 200


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("/v1/models/other:predict", ["error"]),
        ("/v1/models/churn/versions/7", ["error"]),
        ("/v2/models/other", ["error"]),
        ("/invocations", ["error_code", "message"]),
        (ROUTE, ["error"]),
    ],
)
def test_what_is_not_there_is_refused_in_the_words_of_its_protocol(path: str, keys: list[str]) -> None:
    reply = routes().refuse(path.encode(), 404, NOT_HERE)
    assert (reply.status, [*json.loads(reply.body)]) == (404, keys)
    assert "nothing here [http.no_route]; look elsewhere" in reply.body.decode()


@pytest.mark.parametrize("name", DIALECTS)
def test_what_the_caller_cannot_mend_is_not_told(name: str) -> None:
    reply = Server(CONTRACT).dialect(name).refuse(503, HostError("room.died", "/secret/path", "look there"))
    assert b"room.died" in reply.body
    assert b"secret" not in reply.body
    busy = HostError("http.busy", "busy", "later", {"retry_after_s": 1.5})
    assert (b"retry-after", b"2") in Server(CONTRACT).dialect(name).refuse(503, busy).headers


@pytest.mark.parametrize("ready", [True, False])
def test_health_is_told_by_the_status(ready: bool) -> None:
    found = routes(ready=lambda: ready, health_route="/alive").told
    for path in (b"/ping", b"/health", b"/alive", b"/v1/models/churn", b"/v2/health/ready"):
        assert found[path]().status == (200 if ready else 503), path


def test_models_are_listed() -> None:
    told = routes().told
    assert json.loads(told[b"/v1/models"]().body) == {"models": ["churn"]}
    status = json.loads(told[b"/v1/models/churn"]().body)
    assert status["model_version_status"][0]["version"] == "1.4.0"
