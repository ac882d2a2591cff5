from typing import Any

import numpy as np
import pytest

from boxship.core.attestation import Attestation
from boxship.core.card import Card, texts
from boxship.errors import BoxError, UsageError

ATTESTED = Attestation("sha256:0", "ada", "2031-03-01", {}, None, {}, ("own.*",), {}, ())


@pytest.mark.parametrize("value", [0.9, np.float64(0.9), np.array(0.9)])
def test_a_metric_is_a_float_wherever_it_comes_from(value: object) -> None:
    assert Card.of({"auc": value}, {}, {}).to_bytes() == b'{"metrics":{"auc":0.9}}'


@pytest.mark.parametrize("value", [12345678901234567891, 2**4000, np.int64(-3), 0])
def test_a_seed_keeps_every_digit(value: int) -> None:
    card = Card.from_bytes(Card.of({}, {"s": value}, {}).to_bytes())
    assert card.seeds == {"s": int(value)}


@pytest.mark.parametrize(
    ("metrics", "seeds", "notes"),
    [
        ({"auc": float("nan")}, {}, {}),
        ({"auc": np.float64("inf")}, {}, {}),
        ({"auc": 10**400}, {}, {}),
        ({"auc": "0.9"}, {}, {}),
        ({"auc": True}, {}, {}),
        ({"auc": np.zeros(2)}, {}, {}),
        ({3: 0.9}, {}, {}),
        ({}, {"s": 0.5}, {}),
        ({}, {"s": 10**5000}, {}),
        ({}, {"s": np.True_}, {}),
        ({}, {}, {"why": 3}),
        ({}, {}, {"why": "\ud800"}),
    ],
)
def test_what_a_card_cannot_hold_is_refused(metrics: Any, seeds: Any, notes: Any) -> None:
    with pytest.raises(UsageError) as caught:
        Card.of(metrics, seeds, notes)
    assert caught.value.code == "card.wrong_value"
    assert caught.value.hint


def test_a_link_is_text() -> None:
    with pytest.raises(UsageError, match="link 'run'"):
        texts("link", {"run": 7})


@pytest.mark.parametrize(
    ("read", "data", "code"),
    [
        (Card.from_bytes, b'{"format":9,"metrics":[]}', "card.newer_format"),
        (Card.from_bytes, b'{"metrics":{"auc":null}}', "card.damaged"),
        (Card.from_bytes, b"\xff", "card.damaged"),
        (
            Attestation.from_bytes,
            ATTESTED.to_bytes().replace(b'"format":1', b'"format":9'),
            "attestation.newer_format",
        ),
        (Attestation.from_bytes, ATTESTED.to_bytes().replace(b'"who"', b'"how"'), "attestation.damaged"),
    ],
)
def test_what_cannot_be_read_is_named(read: Any, data: bytes, code: str) -> None:
    with pytest.raises(BoxError) as caught:
        read(data)
    assert caught.value.code == code
    assert caught.value.hint


def test_an_attestation_comes_back() -> None:
    assert Attestation.from_bytes(ATTESTED.to_bytes()) == ATTESTED
