import pytest

from boxship.monitor.metric import Metric, places, prometheus, size

ASKED = Metric("asked_total", "Asked.", "counter", ("code",), (("200",), ("500",)))
TOOK = Metric("took_seconds", "Took.", "histogram", bounds=(0.1, 1.0))
NOW = Metric("now", "Now.", "gauge")


def test_numbers_stand_one_after_the_other() -> None:
    assert places([ASKED, TOOK, NOW]) == {"asked_total": 0, "took_seconds": 2, "now": 6}
    assert size([ASKED, TOOK, NOW]) == 7


def test_the_text_is_what_prometheus_reads() -> None:
    text = prometheus([ASKED, TOOK, NOW], [3, 0, 1, 2, 1, 0.75, 0], {"box": 'a"b\\c\nd'})
    box = r'box="a\"b\\c\nd"'
    assert text.splitlines() == [
        "# HELP asked_total Asked.",
        "# TYPE asked_total counter",
        f'asked_total{{{box},code="200"}} 3',
        "# HELP took_seconds Took.",
        "# TYPE took_seconds histogram",
        f'took_seconds_bucket{{{box},le="0.1"}} 1',
        f'took_seconds_bucket{{{box},le="1"}} 3',
        f'took_seconds_bucket{{{box},le="+Inf"}} 4',
        f"took_seconds_sum{{{box}}} 0.75",
        f"took_seconds_count{{{box}}} 4",
        "# HELP now Now.",
        "# TYPE now gauge",
        f"now{{{box}}} 0",
    ]


@pytest.mark.parametrize("count", [0, 1])
def test_what_has_no_labels_is_told_from_the_start(count: int) -> None:
    metric = Metric("turned_total", "Turned.", "counter")
    assert prometheus([metric], [count], {}).splitlines()[-1] == f"turned_total {count}"
