"""A real server in a process of its own, and clients that ask it all the while."""

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from desk import Desk

GOOD = {"age": 1.0, "income": 0.5, "tenure": 0.0, "calls": 2.0}


@dataclass
class Server:
    """One that runs, by what it printed."""

    process: "subprocess.Popen[bytes]"
    port: int
    digest: str
    said: list[str] = field(default_factory=list)

    def ask(
        self, body: Any = GOOD, path: str = "/predict", method: str = "POST"
    ) -> tuple[int, Any, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            data = None if method == "GET" else json.dumps(body)
            connection.request(method, path, data)
            reply = connection.getresponse()
            text = reply.read().decode()
            is_json = (reply.getheader("content-type") or "").startswith("application/json")
            return reply.status, json.loads(text) if is_json else text, dict(reply.getheaders())

    def metric(self, name: str, **labels: str) -> float:
        found = 0.0
        for line in self.ask(path="/metrics", method="GET")[1].splitlines():
            if line.startswith(name) and all(f'{key}="{value}"' in line for key, value in labels.items()):
                found += float(line.rsplit(" ", 1)[1])
        return found

    def children(self) -> list[int]:
        """The workers: children of the generation, youngest last."""
        return [pid for generation in _children(self.process.pid) for pid in _children(generation)]

    def tell(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        self.tell(signal.SIGTERM)
        return self.process.wait(30)


def _children(pid: int) -> list[int]:
    done = subprocess.run(
        ["ps", "--ppid", str(pid), "-o", "pid="], capture_output=True, text=True, check=False
    )
    return sorted(map(int, done.stdout.split()))


@contextlib.contextmanager
def serving(desk: Desk, *words: object, box: object = "churn", **env: str) -> Iterator[Server]:
    process = desk.start("serve", box, "--port", 0, *words, **env)
    assert process.stdout
    line = process.stdout.readline().decode()
    found = re.fullmatch(r"serving (\S+) (\S+) on http://127\.0\.0\.1:(\d+)\n", line)
    if found is None:
        process.kill()
        raise AssertionError(line + process.communicate()[1].decode())
    server = Server(process, int(found[3]), found[2])
    try:
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@dataclass
class Crowd:
    """Clients on connections of their own, each asking again as soon as it is answered.

    A connection that the server closes in order (it said so, or it refused a new one) is opened
    again; a request that was sent and not answered is `lost`.
    """

    port: int
    answered: Counter[int] = field(default_factory=Counter)
    boxes: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        connection: http.client.HTTPConnection | None = None
        while not self.stop.is_set():
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                if connection.sock is None:
                    connection.connect()
            except ConnectionRefusedError:
                connection.close()
                connection = None
                time.sleep(0.01)
                continue
            try:
                connection.request("POST", "/predict", json.dumps(GOOD))
                reply = connection.getresponse()
                reply.read()
            except (OSError, http.client.HTTPException):
                self.lost += 1
                connection.close()
                connection = None
                continue
            self.answered[reply.status] += 1
            self.boxes[reply.getheader("x-boxship-box") or ""] += 1
            if reply.getheader("connection") == "close":
                connection.close()
                connection = None
        if connection is not None:
            connection.close()


@contextlib.contextmanager
def crowd(port: int, size: int = 8) -> Iterator[Crowd]:
    found = Crowd(port)
    threads = [threading.Thread(target=found.run) for _ in range(size)]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        found.stop.set()
        for thread in threads:
            thread.join()
