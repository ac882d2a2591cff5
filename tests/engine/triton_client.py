"""What the real client of the Open Inference Protocol gets, as JSON: run in a process of its own, with its gevent."""

import json
import sys
from typing import Any

import numpy as np
from tritonclient import http
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

URL, COLUMNS = sys.argv[1], ("age", "income", "tenure", "calls")


def sent(name: str, values: Any, *, binary: bool) -> Any:
    found = http.InferInput(name, list(values.shape), np_to_triton_dtype(values.dtype))
    return found.set_data_from_numpy(values, binary_data=binary)


def asked(client: Any, inputs: Any, *names: str, binary: bool) -> dict[str, Any]:
    outputs = [http.InferRequestedOutput(name, binary_data=binary) for name in names] or None
    result = client.infer("churn", inputs, outputs=outputs, request_id="7")
    assert result.get_response()["id"] == "7"
    told = [one["name"] for one in result.get_response()["outputs"]]
    return {name: plain(result.as_numpy(name)) for name in told}


def plain(values: Any) -> Any:
    return [one.decode() if isinstance(one, bytes) else one for one in values.tolist()]


def refused(act: Any) -> str:
    try:
        act()
    except InferenceServerException as error:
        return f"{error.status()} {error.message()}"
    return "answered"


def main() -> None:
    rows = np.array(json.loads(sys.argv[2]))
    client = http.InferenceServerClient(URL)
    version = client.get_model_metadata("churn")["versions"][0]
    found: dict[str, Any] = {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model": client.is_model_ready("churn"),
        "version": client.is_model_ready("churn", version),
        "other": client.is_model_ready("other"),
        "server": client.get_server_metadata(),
        "metadata": client.get_model_metadata("churn"),
        "wrong model": refused(lambda: client.infer("other", [sent("x", rows, binary=True)])),
        "wrong version": refused(lambda: client.get_model_metadata("churn", "999")),
    }
    for binary in (True, False):
        columns = [sent(name, rows[:, place], binary=binary) for place, name in enumerate(COLUMNS)]
        mixed = [*columns[:2], sent("tenure", rows[:, 2:3], binary=not binary), columns[3]]
        narrow = [sent("input", rows.astype("float32"), binary=binary)]
        texts = [*columns[:3], sent("calls", np.array(["few"] * len(rows), object), binary=binary)]
        found[f"binary {binary}"] = {
            "columns": asked(client, columns, "prediction", "probabilities", binary=binary),
            "mixed": asked(client, mixed, "prediction", binary=not binary),
            "matrix": asked(client, [sent("input", rows, binary=binary)], "probabilities", binary=binary),
            "narrow": asked(client, narrow, "prediction", binary=binary),
            "verdict": asked(client, texts, "verdict", binary=binary),
            "usual": asked(client, columns, binary=binary),
            "missing": refused(lambda some=columns[:3]: client.infer("churn", some)),
            "text": refused(lambda some=texts: client.infer("churn", some)),
        }
    print(json.dumps(found))  # noqa: T201  # for whoever started this


if __name__ == "__main__":
    main()
