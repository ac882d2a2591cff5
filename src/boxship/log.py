"""Where log records go: handlers are installed here, by entry points only."""

import logging
import sys

import msgspec

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object a record: time, level, logger, a constant event, and the facts as fields."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": round(record.created, 6),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_facts(record),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


class Sentences(logging.Formatter):
    """A line for people: level, event, and the facts in brackets."""

    def format(self, record: logging.LogRecord) -> str:
        facts = ", ".join(f"{key} {value}" for key, value in _facts(record).items())
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return f"{record.levelname.lower()}: {record.getMessage()}{facts and f' ({facts})'}{trace}"


def _facts(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _PLAIN}


def install(level: str) -> None:
    """Send Boxship's own records of that level and above to stderr: for people where that is a
    terminal, else as JSON. Once a process."""
    logger = logging.getLogger("boxship")
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(Sentences() if sys.stderr.isatty() else JsonLines())
        logger.addHandler(handler)
        logger.propagate = False
    logger.setLevel(level.upper())
