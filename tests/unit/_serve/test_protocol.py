"""Bytes on a real connection."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import pytest

from boxship._serve.pace import Pace
from boxship.testing.models import FakeModel, number_contract
from unit._serve.served import ANSWER, GOOD, Server, in_loop, server

SLOW = Pace(1.0, 1.0, 2)  # is asked beside the loop


def with_server(act: Callable[[Server], Coroutine[Any, Any, None]], **given: Any) -> None:
    async def run() -> None:
        async with server(**given) as found:
            await act(found)

    in_loop(run)


class Blocking(FakeModel):
    """Waits until it is let go."""

    def __init__(self) -> None:
        self.go, self.asked = threading.Event(), threading.Event()
        super().__init__(self._wait)

    def _wait(self, _: Any, given: Any) -> Any:
        self.asked.set()
        assert self.go.wait(10)
        return given


def test_a_model_in_another_process_is_asked_beside_the_loop_however_quick_it_was() -> None:
    class Elsewhere(Blocking):
        waits = True

    model = Elsewhere()

    async def act(here: Server) -> None:
        wire, other = await here.open(), await here.open()
        wire.send()
        await asyncio.to_thread(model.asked.wait)
        assert (await other.ask("/livez", b"", method="GET")).status == 200
        model.go.set()
        assert (await wire.hear()).body == ANSWER

    with_server(act, model=model)


@pytest.mark.parametrize("head", ["", "expect: nothing"])
def test_an_upgrade_is_not_taken_and_the_request_answered_as_it_is(head: str) -> None:
    lines = [
        "connection: Upgrade, HTTP2-Settings",
        "upgrade: h2c",
        "http2-settings: AAMAAABkAAQAAP__",
        *([head] if head else []),
    ]

    async def act(here: Server) -> None:
        wire = await here.open()
        assert (await wire.ask("/predict", GOOD, *lines)).body == ANSWER
        assert (await wire.ask("/livez", b"", *lines, method="GET")).body == b"ok\n"
        wire.send("/predict", GOOD, *lines)
        wire.send("/predict", b"[]")
        assert [(await wire.hear()).body for _ in range(2)] == [ANSWER, b"[]"]

    with_server(act)


def test_a_row_is_answered_with_its_ids() -> None:
    async def act(here: Server) -> None:
        wire = await here.open()
        said = await wire.ask("/predict", GOOD, "X-Request-Id: mine-7")
        assert (said.status, said.body) == (200, ANSWER)
        assert said.headers["x-request-id"] == "mine-7"
        assert said.headers["x-boxship-box"] == "sha256:" + "0" * 64
        assert said.headers["x-boxship-verdict"] == "ok"
        first, second = await wire.ask(), await wire.ask()
        assert first.headers["x-request-id"] != second.headers["x-request-id"]

    with_server(act)


@pytest.mark.parametrize(
    ("body", "status", "verdict", "code"),
    [
        (b'{"a": 1}', 422, "rejected", "contract.missing"),
        (b'{"a": "x", "b": 1}', 422, "rejected", "contract.wrong_type"),
        (b'{"a": 999, "b": 1}', 200, "flagged", "contract.out_of_range"),
        (b'[{"a": 1}, {"a": 1, "b": 1}]', 200, "rejected", "contract.missing"),
    ],
)
def test_what_the_contract_says_of_a_row_is_the_answer(
    body: bytes, status: int, verdict: str, code: str
) -> None:
    async def act(here: Server) -> None:
        said = await (await here.open()).ask(body=body)
        assert (said.status, said.headers["x-boxship-verdict"]) == (status, verdict)
        assert code.encode() in said.body

    with_server(act)


@pytest.mark.parametrize("body", [b"", b"{", b"3", b"\xff\xfe", b"[1, 2", b'{"a": 1}}'])
def test_a_body_without_rows_is_the_callers_fault(body: bytes) -> None:
    async def act(here: Server) -> None:
        said = await (await here.open()).ask(body=body)
        assert said.status == 400
        error = msgspec.json.decode(said.body)["error"]
        assert error["code"].startswith("codec.")
        assert error["hint"]

    with_server(act)


def test_an_empty_list_is_answered_with_one() -> None:
    async def act(here: Server) -> None:
        said = await (await here.open()).ask(body=b"[]")
        assert (said.status, said.body) == (200, b"[]")

    with_server(act)


@pytest.mark.parametrize("step", [1, 7, 40])
def test_bytes_may_come_in_any_pieces(step: int) -> None:
    async def act(here: Server) -> None:
        wire = await here.open()
        data = b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b" % (len(GOOD), GOOD)
        for start in range(0, len(data), step):
            wire.writer.write(data[start : start + step])
            await asyncio.sleep(0)
        assert (await wire.hear()).body == ANSWER

    with_server(act)


def test_a_chunked_body_and_one_that_waits_to_be_welcome() -> None:
    async def act(here: Server) -> None:
        wire = await here.open()
        wire.writer.write(b"POST /predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        wire.writer.write(b"5\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (GOOD[:5], len(GOOD) - 5, GOOD[5:]))
        assert (await wire.hear()).body == ANSWER
        wire.writer.write(
            b"POST /predict HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 13\r\n\r\n"
        )
        assert (await wire.hear()).status == 100
        wire.writer.write(GOOD)
        assert (await wire.hear()).body == ANSWER

    with_server(act)


def test_requests_behind_one_another_are_answered_in_order() -> None:
    async def act(here: Server) -> None:
        wire = await here.open()
        for path, body in [
            ("/predict", GOOD),
            ("/predict", b"[]"),
            ("/nothing", b""),
            ("/predict", b'{"a":2,"b":2}'),
        ]:
            wire.send(path, body)
        found = [await wire.hear() for _ in range(4)]
        assert [one.status for one in found] == [200, 200, 404, 200]
        assert found[1].body == b"[]"
        assert found[3].body == b'{"prediction":4.0,"verdict":"ok"}'

    with_server(act)


def test_a_request_behind_one_that_is_asked_beside_the_loop_waits_for_it() -> None:
    model = Blocking()

    async def act(here: Server) -> None:
        wire = await here.open()
        wire.send(body=GOOD)
        wire.send("/livez", b"", method="GET")
        wire.send(body=b"[]")
        other = await here.open()
        assert (await other.ask("/livez", b"", method="GET")).status == 200  # health is answered at once
        model.go.set()
        assert [(await wire.hear()).body for _ in range(3)] == [ANSWER, b"ok\n", b"[]"]

    with_server(act, model=model, pace=SLOW)


def test_what_comes_in_one_turn_is_asked_together_and_answered_apart() -> None:
    model = FakeModel()

    async def act(here: Server) -> None:
        wires = [await here.open() for _ in range(20)]
        for number, wire in enumerate(wires):
            wire.send(body=b'{"a":%d,"b":0}' % number if number != 7 else b'{"a":"bad","b":0}')
        found = [await wire.hear() for wire in wires]
        for number, said in enumerate(found):
            assert said.status == (422 if number == 7 else 200)
            assert number == 7 or said.body == b'{"prediction":%d.0,"verdict":"ok"}' % number
        assert len(model.calls) < 20
        assert sum(model.calls) == 19

    with_server(act, model=model)


def test_a_row_the_model_throws_on_harms_no_other_request() -> None:
    def spoil(table: Any, given: Any) -> Any:
        if (table.column("a").values == 7).any():
            raise ValueError("seven")
        return given

    async def act(here: Server) -> None:
        wires = [await here.open() for _ in range(12)]
        for number, wire in enumerate(wires):
            wire.send(body=b'{"a":%d,"b":0}' % number)
        found = [await wire.hear() for wire in wires]
        assert [said.status for said in found] == [422 if number == 7 else 200 for number in range(12)]
        assert b"model.raised" in found[7].body
        assert b"seven" not in found[7].body

    with_server(act, model=FakeModel(spoil))


def test_more_than_is_taken_is_refused_and_the_connection_closed() -> None:
    async def act(here: Server) -> None:
        for lines in ((), ("expect: 100-continue",)):
            wire = await here.open()
            said = await wire.ask("/predict", b"x" * 5000, *lines)
            if said.status == 100:
                said = await wire.hear()
            assert said.status == 413
            assert b"http.too_large" in said.body
            assert await wire.closed()
        said = await (await here.open()).ask(body=b"[" + b",".join([GOOD] * 11) + b"]")
        assert said.status == 413
        assert b"http.too_many_rows" in said.body

    with_server(act, body_mb=0.004, rows=10)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"POST /predict HTTP/1.1\r\ncontent-length: -1\r\n\r\n", 400),
        (b"POST /predict HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n", 400),
        (b"POST /predict HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\n" + b"a: " + b"b" * 70_000 + b"\r\n\r\n", 431),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ],
)
def test_what_is_no_request_is_turned_away_and_counted(data: bytes, status: int) -> None:
    async def act(here: Server) -> None:
        wire = await here.open()
        wire.writer.write(data)
        assert (await wire.hear()).status == status
        assert await wire.closed()
        assert f'boxship_turned_away_total{{code="{status}"}} 1' in here.counted()

    with_server(act)


def test_one_that_sends_too_slowly_is_told_and_closed() -> None:
    async def act(here: Server) -> None:
        head, body = await here.open(), await here.open()
        head.writer.write(b"POST /predict HTTP/1.1\r\nhost: x\r\n")
        body.writer.write(b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 13\r\n\r\n{")
        for wire in (head, body):
            assert (await wire.hear()).status == 408
            assert await wire.closed()

    with_server(act, read_s=0.2)


def test_a_silent_connection_is_closed() -> None:
    async def act(here: Server) -> None:
        wire = await here.open()
        await wire.ask()
        assert await wire.closed(within_s=3)

    with_server(act, idle_s=0.2)


def test_one_that_goes_away_while_it_is_asked_for_harms_nobody() -> None:
    model = Blocking()

    async def act(here: Server) -> None:
        gone, stays = await here.open(), await here.open()
        gone.send()
        stays.send()
        await asyncio.to_thread(model.asked.wait)
        gone.writer.transport.abort()
        model.go.set()
        assert (await stays.hear()).body == ANSWER
        assert "boxship_requests_in_flight 0" in here.counted()

    with_server(act, model=model, pace=SLOW)


def test_when_the_wait_would_be_too_long_it_is_refused_at_once() -> None:
    model = Blocking()

    async def act(here: Server) -> None:
        first = await here.open()
        first.send()
        await asyncio.to_thread(model.asked.wait)
        said = await (await here.open()).ask()
        assert said.status == 503
        assert said.headers["retry-after"] == "1"
        assert b"http.busy" in said.body
        model.go.set()
        assert (await first.hear()).body == ANSWER

    with_server(act, model=model, pace=SLOW, wait_s=0.5)


def test_told_to_end_it_answers_what_is_asked_and_what_is_on_its_way() -> None:
    model = Blocking()

    async def act(here: Server) -> None:
        asked, idle, late = await here.open(), await here.open(), await here.open()
        await idle.ask("/livez", b"", method="GET")
        await late.ask("/livez", b"", method="GET")
        asked.send()
        await asyncio.to_thread(model.asked.wait)
        here.end.set()
        await asyncio.sleep(0.2)
        ready = await late.ask("/readyz", b"", method="GET")
        assert (ready.status, ready.headers.get("connection")) == (503, "close")
        model.go.set()
        said = await asked.hear()
        assert (said.body, said.headers["connection"]) == (ANSWER, "close")
        assert await idle.closed()
        await asyncio.wait_for(here.task, 5)
        with pytest.raises(ConnectionRefusedError):
            await here.open()

    with_server(act, model=model, pace=SLOW)


def test_other_paths_and_methods_are_told_apart() -> None:
    async def act(here: Server) -> None:
        wire = await here.open()
        found = await wire.ask("/predict", b"", method="GET")
        assert (found.status, found.headers["allow"]) == (405, "POST")
        assert (await wire.ask("/readyz", b"", method="DELETE")).status == 405
        assert (await wire.ask("/other")).status == 404
        assert (await wire.ask("/predict?x=1")).body == ANSWER
        assert (await wire.ask("/readyz", b"", method="GET")).body == b"ok\n"
        text = (await wire.ask("/metrics", b"", method="GET")).body.decode()
        assert f'boxship_requests_total{{box="sha256:{"0" * 64}",protocol="own",code="200"}} 1' in text

    with_server(act)


def test_a_long_body_before_the_next_head_is_no_part_of_it() -> None:
    long = b"[" + b",".join([GOOD] * 7000) + b"]"

    async def act(here: Server) -> None:
        wire = await here.open()
        head = b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"
        wire.writer.write(head % len(long) + long + b"POST /predict HT")
        assert (await wire.hear()).status == 200
        wire.writer.write(b"TP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n[]")
        assert (await wire.hear()).body == b"[]"

    with_server(act)


@pytest.mark.parametrize("pace", [Pace(1e-5, 1e-4, 100), SLOW])
def test_what_is_due_is_answered_before_the_connection_is_given_up(pace: Pace) -> None:
    async def act(here: Server) -> None:
        wire = await here.open()
        wire.send()
        wire.writer.write(b"what is this\r\n\r\n")
        said = await wire.hear()
        assert (said.body, said.headers["connection"]) == (ANSWER, "close")
        assert await wire.closed()

    with_server(act, pace=pace)


def test_what_comes_behind_the_body_is_read_by_nobody() -> None:
    async def act(here: Server) -> None:
        wire = await here.open()
        wire.writer.write(b"POST /predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        wire.writer.write(
            b"%x\r\n%b\r\n0\r\nx-request-id: behind\r\ncontent-type: image/png\r\n\r\n" % (len(GOOD), GOOD)
        )
        said = await wire.hear()
        assert (said.status, said.body) == (200, ANSWER)
        assert said.headers["x-request-id"] != "behind"

    with_server(act)


@pytest.mark.parametrize("line", ["CONNECT a:1", "GET http:///x", "GET http://a:99999999/x"])
def test_an_address_that_is_none_is_the_callers_fault(line: str) -> None:
    async def act(here: Server) -> None:
        wire = await here.open()
        wire.writer.write(f"{line} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        assert (await wire.hear()).status in (400, 404, 405)

    with_server(act)


def test_a_list_of_no_rows_keeps_nobody_waiting_whatever_the_pace() -> None:
    async def act(here: Server) -> None:
        wires = [await here.open() for _ in range(4)]
        for wire, body in zip(
            wires, [b"[]", b"[" + b",".join([GOOD] * 5000) + b"]", b"[]", GOOD], strict=True
        ):
            wire.send(body=body)
        assert [(await wire.hear()).status for wire in wires] == [200] * 4
        assert (await wires[0].ask()).body == ANSWER

    with_server(act, pace=Pace(1e-5, 1e-3, 100))


def test_a_crowd_of_bad_requests_costs_each_its_own() -> None:
    """One after the other they take as long together as apart: nothing is looked at once for each other."""

    async def act(here: Server) -> None:
        wires = [await here.open() for _ in range(100)]
        started = asyncio.get_running_loop().time()
        for wire in wires:
            wire.send(body=b"{}")
        assert {(await wire.hear()).status for wire in wires} == {422}
        assert asyncio.get_running_loop().time() - started < 4

    with_server(act, contract=number_contract(*(f"x{place}" for place in range(30))))
