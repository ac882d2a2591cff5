"""Measure given answers with one library; imports and the data itself are not counted."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.work.clock import once, say

_TIMES = 100  # resamples: with the thousand that Boxship takes it would be ten times as long


def measure(truth: Any, scores: Any) -> Callable[[], object]:
    from boxship.validate.measure import measure as measured

    return lambda: measured(_outcome(truth, scores))


def segments(truth: Any, scores: Any) -> Callable[[], object]:
    from boxship.core.table import Table
    from boxship.validate.part import Case
    from boxship.validate.segment import splits
    from boxship.validate.weak import segments as found

    draw = np.random.default_rng(1)
    table = Table.of({f"c{place}": draw.standard_normal(len(truth)) for place in range(30)})
    one, other = _outcome(truth, scores), _outcome(truth, np.roll(scores, 1))
    return lambda: found([Case(one, splits(table, table.names, (), ())[0], other)])


def _outcome(truth: Any, scores: Any) -> Any:
    from boxship.validate.outcome import Outcome

    shares = np.stack([1 - scores, scores], 1)
    return Outcome("y", "classes", truth, (scores > 0.5).astype(np.intp), ("no", "yes"), shares)


def plain(truth: Any, scores: Any) -> Callable[[], object]:
    from sklearn import metrics

    def measured(true: Any = truth, told: Any = scores) -> list[float]:
        label = told > 0.5
        by_label = (metrics.accuracy_score, metrics.f1_score)
        by_score = (
            metrics.roc_auc_score,
            metrics.average_precision_score,
            metrics.log_loss,
            metrics.brier_score_loss,
        )
        return [one(true, label) for one in by_label] + [one(true, told) for one in by_score]

    return measured


def sklearn(truth: Any, scores: Any) -> Callable[[], object]:
    single: Any = plain(truth, scores)
    draw = np.random.default_rng(1)

    def resampled() -> object:
        rows = (draw.integers(0, len(truth), len(truth)) for _ in range(_TIMES))
        drawn = [single(truth[picked], scores[picked]) for picked in rows]
        return single(), np.quantile(drawn, [0.025, 0.975], axis=0)

    return resampled


def evidently(truth: Any, scores: Any) -> Callable[[], object]:
    import pandas as pd
    from evidently import BinaryClassification, DataDefinition, Dataset, Report
    from evidently.presets import ClassificationPreset

    kind = BinaryClassification(target="y", prediction_labels="label", prediction_probas="told")
    frame = pd.DataFrame({"y": truth, "label": (scores > 0.5).astype(int), "told": scores})
    data = Dataset.from_pandas(frame, data_definition=DataDefinition(classification=[kind]))
    return lambda: Report([ClassificationPreset()]).run(data, None).json()


def main() -> None:
    rows = int(sys.argv[2])
    draw = np.random.default_rng(0)
    truth = draw.integers(0, 2, rows)
    scores = np.clip(0.3 * truth + 0.7 * draw.random(rows), 0, 1)
    work = globals()[sys.argv[1]](truth, scores)
    say(once(work))


if __name__ == "__main__":
    main()
