import pytest

from boxship.errors import BoxError
from boxship.room.frozen import Frozen, parse_frozen, render_frozen

A, B = "a" * 64, "b" * 64
GOOD = f"numpy==2.0 \\\n    --hash=sha256:{A} \\\n    --hash=sha256:{B}\n"


def test_what_uv_writes_comes_back_as_it_was() -> None:
    text = GOOD + f"six==1!1.0.post1+cpu ; sys_platform == 'linux' \\\n    --hash=sha256:{A}\n"
    assert parse_frozen(text)[1] == Frozen("six", "1!1.0.post1+cpu", "sys_platform == 'linux'", (A,))
    assert render_frozen(parse_frozen(text)) == text


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://evil.example/simple",
        f"--extra-index-url https://evil.example/simple --hash=sha256:{A}",
        "-r /etc/passwd",
        "-e .",
        "# a comment",
        "numpy==2.0",
        f"numpy>=2.0 --hash=sha256:{A}",
        f"numpy===2.0 --hash=sha256:{A}",
        f"numpy @ https://evil.example/numpy.whl --hash=sha256:{A}",
        f"numpy==2.0@https://evil.example/numpy.whl --hash=sha256:{A}",
        f"https://evil.example/numpy.whl --hash=sha256:{A}",
        f"./numpy-2.0.tar.gz --hash=sha256:{A}",
        f"numpy[extra]==2.0 --hash=sha256:{A}",
        f"Numpy==2.0 --hash=sha256:{A}",
        f"numpy==2.0 --hash=md5:{A}",
        f"numpy==2.0 --hash=sha256:{A[:10]}",
        f"numpy==2.0 --hash=sha256:{A} --index-url=https://evil.example",
        f"numpy==2.0 --config-settings=x --hash=sha256:{A}",
        f"numpy==2.0 ; nonsense --hash=sha256:{A}",
        f"numpy==2.0 ; sys_platform == ' --index-url=x' --hash=sha256:{A}",
        f"numpy==2.0\x0bsix==1 --hash=sha256:{A}",
        f"numpy==2.0\rsix==1 --hash=sha256:{A}",
        f"numpy==2.0 --hash=sha256:{A}\\",
        f"numpy==2.0 --hash=sha256:{A}\nnumpy==2.1 --hash=sha256:{A}",
    ],
)
def test_anything_else_is_refused(line: str) -> None:
    with pytest.raises(BoxError) as caught:
        parse_frozen(f"{line}\n")
    assert caught.value.code == "lock.hashes_malformed"
