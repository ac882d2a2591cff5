"""Files and objects that are no model, or not one that can be packed."""

import joblib
import pytest
from sklearn.linear_model import LinearRegression

import boxship
from boxship.errors import UsageError
from desk import PACK, Desk, lay


class TestModel:
    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "model.not_a_pickle"),
            (b"no pickle at all", "model.not_a_pickle"),
            (b"\x80\x04K\x01.", "model.unknown_type"),
            (b"\x80\x04}.", "model.unknown_type"),
            (b"cos\nsystem\n(S'true'\ntR.", "model.unknown_type"),  # refused before what it calls is judged
        ],
    )
    def test_a_file_that_holds_no_model(self, desk: Desk, content: bytes, code: str) -> None:
        (desk.folder / "model.joblib").write_bytes(content)
        assert desk.refused(*PACK)["code"] == code

    def test_a_suffix_of_no_type(self, desk: Desk) -> None:
        (desk.folder / "model.joblib").rename(desk.folder / "model.xyz")
        assert desk.refused(*PACK[:1], "model.xyz", *PACK[2:])["code"] == "model.unknown_type"

    @pytest.mark.parametrize(
        ("model", "code"),
        [(LinearRegression(), "model.not_fitted"), ({"weights": [1.0]}, "model.unknown_type")],
    )
    def test_an_object_that_cannot_answer(self, desk: Desk, model: object, code: str) -> None:
        joblib.dump(model, desk.folder / "model.joblib")
        assert desk.refused(*PACK)["code"] == code

    def test_cut_short(self, desk: Desk) -> None:
        path = desk.folder / "model.joblib"
        path.write_bytes(path.read_bytes()[:-200])
        assert desk.refused(*PACK)["code"] == "model.damaged"

    @pytest.mark.parametrize("make", ["folder", "pipe", "loop", "missing", "device"])
    def test_what_is_no_file(self, desk: Desk, make: str) -> None:
        path = desk.folder / "model.joblib"
        path.unlink()
        lay(path, make)
        assert desk.refused(*PACK, status=2)["code"] == "model.not_found"

    @pytest.mark.parametrize(
        ("name", "code"), [("model.joblib", "model.changed"), ("train.csv", "data.changed")]
    )
    def test_what_is_written_to_meanwhile(self, desk: Desk, name: str, code: str) -> None:
        def write(said: str) -> None:
            if said.startswith("checking"):
                path = desk.folder / name
                if name == "model.joblib":
                    joblib.dump(joblib.load(path).set_params(logisticregression__C=2.0), path)
                else:
                    path.write_text(path.read_text().replace("yes", "aye"))

        with pytest.raises(UsageError) as caught:
            boxship.pack(
                desk.folder / "model.joblib",
                desk.folder / "train.csv",
                "churned",
                name="churn",
                settings=desk.settings,
                say=write,
            )
        assert caught.value.code == code
        desk.is_whole()
        assert boxship.list(settings=desk.settings) == ()

    def test_a_link_to_a_model_is_the_model(self, desk: Desk) -> None:
        path = desk.folder / "model.joblib"
        path.rename(desk.folder / "real.joblib")
        path.symlink_to("real.joblib")
        assert desk.packed()["version"] == "1"
