"""What is logged: sentences for people, JSON for programs."""

import json
import logging

from boxship.log import JsonLines, Sentences


def test_both_forms_say_the_event_and_the_facts() -> None:
    record = logging.makeLogRecord({"levelname": "WARNING", "msg": "left out", "box": "8dd5", "rows": 3})
    assert Sentences().format(record) == "warning: left out (box 8dd5, rows 3)"
    said = json.loads(JsonLines().format(record))
    assert (said["level"], said["event"], said["box"], said["rows"]) == ("warning", "left out", "8dd5", 3)


def test_without_facts_there_are_no_brackets() -> None:
    assert Sentences().format(logging.makeLogRecord({"levelname": "INFO", "msg": "opened"})) == "info: opened"
