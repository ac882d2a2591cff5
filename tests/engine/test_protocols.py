"""A real server, asked by the clients of other servers as they are."""

import contextlib
import http.client
import importlib.util
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desk import COLUMNS, Desk, kill_group
from needs import missing

CLIENT = Path(__file__).with_name("triton_client.py")
ROUTE = "/v1/endpoints/12/deployedModels/3:predict"


@pytest.fixture(autouse=True)
def _no_child_is_left() -> None:
    """One server is there for all tests of this file."""


@pytest.fixture(scope="module")
def address(shared: Path, trained: Path) -> Iterator[str]:
    # the port is of the platform's variable, the routes too
    platform = {"AIP_HTTP_PORT": "0", "AIP_PREDICT_ROUTE": ROUTE, "AIP_HEALTH_ROUTE": "/v1/health"}
    server = Desk(shared, trained).start("serve", "churn", **platform)
    try:
        assert server.stdout is not None
        said = server.stdout.readline().decode()
        assert said.startswith("serving churn:1 sha256:"), server.communicate(timeout=30)
        yield said.rpartition("http://")[2].strip()
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0
    finally:
        kill_group(server)
        for stream in (server.stdout, server.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture(scope="module")
def known(trained: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((trained / "answers.json").read_text())
    return found


def ask(address: str, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
    with contextlib.closing(http.client.HTTPConnection(address, timeout=30)) as connection:
        raw = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        connection.request(method, path, raw, {"content-type": kind} if raw else {})
        reply = connection.getresponse()
        return reply.status, reply.read().decode()


def asked(address: str, path: str, body: Any, kind: str = "application/json") -> Any:
    status, text = ask(address, "POST", path, body, kind)
    assert status == 200, text
    return json.loads(text)


@pytest.fixture(scope="module")
def found(address: str, known: list[dict[str, Any]]) -> dict[str, Any]:
    if importlib.util.find_spec("tritonclient") is None:
        missing("tritonclient is not installed: make frameworks")
    rows = json.dumps([[one["row"][name] for name in COLUMNS] for one in known])
    done = subprocess.run([sys.executable, CLIENT, address, rows], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    told: dict[str, Any] = json.loads(done.stdout)
    return told


class TestTriton:
    def test_health_and_metadata(self, found: dict[str, Any]) -> None:
        assert [found[key] for key in ("live", "ready", "model", "version", "other")] == [True] * 4 + [False]
        assert found["server"]["extensions"] == ["binary_tensor_data"]
        inputs = [(one["name"], one["datatype"], one["shape"]) for one in found["metadata"]["inputs"]]
        assert inputs == [(name, "FP64", [-1]) for name in COLUMNS]
        assert [one["name"] for one in found["metadata"]["outputs"]] == ["prediction", "probabilities"]

    def test_what_is_not_there_is_no_crash(self, found: dict[str, Any]) -> None:
        for what in ("wrong model", "wrong version"):
            assert found[what].startswith("404 "), found[what]

    @pytest.mark.parametrize("form", ["binary True", "binary False"])
    def test_answers_are_those_of_training(self, found: Any, known: Any, form: str) -> None:
        labels, shares = [one["prediction"] for one in known], [one["yes"] for one in known]
        answered = found[form]
        for name in ("columns", "mixed", "narrow", "usual"):
            assert answered[name]["prediction"] == labels
        for name in ("columns", "matrix", "usual"):
            yes = [row[1] for row in answered[name]["probabilities"]]
            assert yes == pytest.approx(shares, abs=1e-6)
        assert set(answered["verdict"]["verdict"]) == {"rejected"}

    @pytest.mark.parametrize("form", ["binary True", "binary False"])
    def test_what_does_not_fit_is_named(self, found: Any, form: str) -> None:
        assert found[form]["missing"].startswith("400 ")
        assert "'calls' missing" in found[form]["missing"]
        assert "got 'few'" in found[form]["text"]


class TestOthers:
    def test_tf_serving_kserve_v1_and_vertex(self, address: str, known: Any) -> None:
        labels, rows = [one["prediction"] for one in known], [one["row"] for one in known]
        for path in ("/v1/models/churn:predict", "/v1/models/churn/versions/1:predict", ROUTE):
            assert asked(address, path, {"instances": rows}) == {"predictions": labels}
        columns = {name: [row[name] for row in rows] for name in COLUMNS}
        assert asked(address, "/v1/models/churn:predict", {"inputs": columns}) == {"outputs": labels}
        status, text = ask(address, "GET", "/v1/models/churn")
        assert status == 200
        assert json.loads(text)["model_version_status"][0]["state"] == "AVAILABLE"
        assert ask(address, "GET", "/v1/health") == (200, "ok\n")
        status, text = ask(address, "POST", "/v1/models/nobody:predict", {"instances": rows})
        assert (status, [*json.loads(text)]) == (404, ["error"])

    def test_mlflow_and_sagemaker(self, address: str, known: Any) -> None:
        labels, rows = [one["prediction"] for one in known], [one["row"] for one in known]
        data = [[row[name] for name in reversed(COLUMNS)] for row in rows]
        split = {"columns": [*reversed(COLUMNS)], "data": data}
        for body in ({"dataframe_split": split}, {"dataframe_records": rows}, {"instances": rows}):
            assert asked(address, "/invocations", body) == {"predictions": labels}
        lines = [",".join(map(str, row.values())) for row in rows]
        for body in (lines, [",".join(COLUMNS), *lines]):
            raw = "\n".join(body).encode()
            assert asked(address, "/invocations", raw, "text/csv") == {"predictions": labels}
        raw = b"\n".join(json.dumps(row).encode() for row in rows)
        status, text = ask(address, "POST", "/invocations", raw, "application/jsonlines")
        assert status == 200
        assert [json.loads(line)["prediction"] for line in text.splitlines()] == labels
        assert ask(address, "GET", "/ping")[0] == 200
        assert ask(address, "GET", "/version")[0] == 200
        status, text = ask(address, "GET", "/invocations")
        assert (status, [*json.loads(text)]) == (405, ["error_code", "message"])

    def test_one_large_request_and_many_behind_each_other(self, address: str, known: Any) -> None:
        rows = [one["row"] for one in known] * 500
        found = asked(address, "/v1/models/churn:predict", {"instances": rows})["predictions"]
        assert found == [one["prediction"] for one in known] * 500
        body = json.dumps({"instances": [known[0]["row"]]}).encode()
        head = b"POST /v1/models/churn:predict HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body)
        host, _, port = address.partition(":")
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall((head + body) * 3)
            text = b""
            while text.count(b'{"predictions":') < 3:
                text += connection.recv(65536)
        assert (
            text.count(json.dumps({"predictions": [known[0]["prediction"]]}, separators=(",", ":")).encode())
            == 3
        )
