"""Files that attack whoever loads them, all inert: nothing here is ever unpickled."""

import functools
import io
import lzma
import operator
import os
import pickle
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from scipy import stats

from boxship.adapters.pickles import SKLEARN, refuse_unlisted, scan
from boxship.errors import BoxError

UNSAFE, NAMED, DAMAGED = "model.unsafe_pickle", "model.unsafe_global", "model.damaged"


def verdict(data: bytes, folder: Path) -> str:
    path = folder / "model"
    path.write_bytes(data)
    try:
        refuse_unlisted(scan(path), SKLEARN)
    except BoxError as error:
        return error.code
    return "ok"


class Call:
    """Pickles as a call of `callee`."""

    def __init__(self, callee: object, *args: object, state: object = None) -> None:
        self.reduced = (callee, args) if state is None else (callee, args, state)

    def __reduce__(self) -> Any:
        return self.reduced


P4 = b"\x80\x04"


def text(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


def named(module: str, name: str) -> bytes:
    return text(module) + text(name) + b"\x93"


def called(module: str, name: str, args: bytes = b")") -> bytes:
    return P4 + named(module, name) + args + b"R."


ONE = text("true") + b"\x85"

_BUILTINS = """
    breakpoint delattr dir filter globals help input iter locals memoryview next property setattr staticmethod super
    vars zip execfile apply reload file
"""
_ELSEWHERE = """
    _io.FileIO _io.open _posixsubprocess.fork_exec _pickle.Unpickler _thread.start_new_thread aiohttp.request
    asyncio.subprocess.create_subprocess_shell asyncio.unix_events._UnixSubprocessTransport._start bdb.Bdb.run
    cgitb.lookup code.InteractiveInterpreter.runcode codeop.compile_command concurrent.futures.ProcessPoolExecutor
    ctypes.util.find_library ctypes.cdll.LoadLibrary dataclasses.make_dataclass dbm.open dill.loads
    dill.load_session distutils.file_util.write_file doctest.debug_script ensurepip._run_pip fileinput.input
    ftplib.FTP functools.reduce functools.partialmethod functools.singledispatch getpass.getpass glob.glob
    gzip.open http.client.HTTPSConnection httplib.HTTPConnection idlelib.autocomplete.AutoComplete.get_entity
    idlelib.calltip.Calltip.fetch_tip idlelib.debugobj.ObjectTreeItem.SetText
    idlelib.pyshell.ModifiedInterpreter.runcode imaplib.IMAP4_stream imp.load_source importlib.__import__
    importlib.machinery.SourceFileLoader importlib.util.spec_from_file_location inspect.getattr_static io.open
    jax.experimental.host_callback.call joblib._utils.eval_expr
    joblib.externals.loky.backend.popen_loky_posix.Popen keras.saving.load_model keras.models.load_model
    lib2to3.pgen2.grammar.Grammar.loads lib2to3.pgen2.pgen.ParserGenerator.make_label linecache.getlines
    logging.config.dictConfig logging.config._resolve logging.FileHandler mlflow.pyfunc.load_model
    multiprocessing.context.Process multiprocessing.util.spawnv_passfds nturl2path.url2pathname numpy.DataSource
    numpy.fromregex numpy.genfromtxt numpy.loadtxt numpy.save numpy.savetxt
    numpy.distutils.exec_command.exec_command numpy.lib.npyio.load numpy.lib._npyio_impl.DataSource
    numpy.lib.utils.safe_eval numpy.testing.runstring onnxruntime.SessionOptions operator.call
    optparse.OptionParser os.execv os.popen os.putenv os.remove os.spawnl pandas.io.common.get_handle
    pandas.io.sql.read_sql pathlib.Path.write_text pathlib.Path.unlink pdb.run pdb.Pdb pickle.Unpickler
    pickletools.dis pip._internal.cli.main.main pip._vendor.distlib.scripts.ScriptMaker pkg_resources.run_script
    pkgutil.resolve_name platform.popen plistlib.load poplib.POP3 profile.Profile.run profile.Profile.runctx
    pty.spawn pydoc.locate pydoc.pipepager pyexpat.ParserCreate queue.Queue readline.read_history_file
    requests.get runpy._run_code sched.scheduler shelve.open shutil.copyfile shutil.rmtree signal.signal
    site.addsitedir smtplib.SMTP socket.socket sqlite3.connect ssl.get_server_certificate subprocess.getoutput
    sympy.parsing.sympy_parser.parse_expr sys.exit sys.settrace sys.modules tarfile.open telnetlib.Telnet
    tempfile.mktemp tensorflow.io.write_file tensorflow.keras.models.load_model
    test.support.script_helper.assert_python_ok tokenize.open torch._dynamo.guards.GuardBuilder.get
    torch._inductor.codecache.compile_file torch.distributed.rpc.api.rpc_sync
    torch.fx.experimental.symbolic_shapes.ShapeEnv.evaluate_guards_expression
    torch.fx.graph_module._forward_from_src torch.hub.load torch.hub.load_state_dict_from_url torch.jit.load
    torch.jit.unsupported_tensor_ops.execWrapper torch.serialization.load torch.storage._load_from_bytes
    torch.utils._config_module.load_config torch.utils.bottleneck.__main__.run_autograd_prof
    torch.utils.collect_env.run torch.utils.cpp_extension.load_inline trace.Trace.run trace.Trace.runctx
    types.ModuleType types.MethodType unittest.mock.patch urllib.request.urlopen urllib.request.urlretrieve
    uuid._get_command_stdout venv.create webbrowser.get xmlrpc.client.ServerProxy yaml.unsafe_load zipfile.ZipFile
    zipimport.zipimporter zipapp.create_archive _aix_support._read_cmd_output _osx_support._read_output
    _pyrepl.pager.pipe_pager
"""

CALLS = [
    ("os", "system"),
    ("posix", "system"),
    ("nt", "system"),
    ("os", "getpid"),
    ("subprocess", "Popen"),
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("builtins", "compile"),
    ("builtins", "__import__"),
    ("builtins", "getattr"),
    ("builtins", "open"),
    ("builtins", "type"),
    ("builtins", "map"),
    ("importlib", "import_module"),
    ("runpy", "run_path"),
    ("pty", "spawn"),
    ("code", "interact"),
    ("ctypes", "CDLL"),
    ("pickle", "loads"),
    ("_pickle", "loads"),
    ("marshal", "loads"),
    ("types", "FunctionType"),
    ("types", "CodeType"),
    ("operator", "attrgetter"),
    ("operator", "methodcaller"),
    ("timeit", "timeit"),
    ("cProfile", "run"),
    ("webbrowser", "open"),
    ("socket", "create_connection"),
    ("pip", "main"),
    ("cloudpickle.cloudpickle", "_make_function"),
    ("dill._dill", "_create_function"),
    ("joblib", "load"),
    ("joblib.numpy_pickle", "load"),
    ("joblib.parallel", "Parallel"),
    ("numpy", "load"),
    ("numpy", "fromfile"),
    ("numpy", "memmap"),
    ("numpy", "sum"),
    ("numpy.f2py", "compile"),
    ("numpy.f2py.crackfortran", "getlincoef"),
    ("numpy.testing._private.utils", "runstring"),
    ("numpy.ctypeslib", "load_library"),
    ("numpy.core", "_ufunc_reconstruct"),
    ("numpy._core", "_ufunc_reconstruct"),
    ("pandas", "read_pickle"),
    ("pandas", "eval"),
    ("pandas.io.pickle", "read_pickle"),
    ("pandas.core.computation.eval", "eval"),
    ("sklearn.datasets", "clear_data_home"),
    ("sklearn.datasets._base", "load_files"),
    ("sklearn.datasets._base", "os.system"),
    ("sklearn.utils._testing", "subprocess.check_output"),
    ("sklearn.utils._testing", "SkipTest"),
    ("sklearn.callback._transport", "Client"),
    ("sklearn.pipeline", "make_pipeline"),
    ("sklearn.preprocessing._data", "scale"),
    ("sklearn.linear_model._base", "LinearRegression.fit"),
    ("sklearn.tree.tests.test_tree", "Anything"),
    ("torch", "load"),
    ("torch.jit._script", "load"),
    ("mine", "anything"),
    # what public scanners of models have on their lists, and what got past some of them
    *(("builtins", name) for name in _BUILTINS.split()),
    *(tuple(path.rsplit(".", 1)) for path in _ELSEWHERE.split()),
]  # fmt: skip


@pytest.mark.parametrize(("module", "name"), CALLS)
def test_a_call_that_is_not_listed_is_refused(module: str, name: str, tmp_path: Path) -> None:
    assert verdict(called(module, name, ONE), tmp_path) == NAMED


LENT = [
    ("lightgbm.basic", "NamedTemporaryFile"),
    ("lightgbm.basic", "Path"),
    ("lightgbm.basic", "_BoosterHandle"),
    ("lightgbm.basic", "_InnerPredictor"),
    ("lightgbm.basic", "Dataset"),
    ("xgboost.core", "CFloatPtr"),
    ("xgboost.core", "DMatrix"),
    ("xgboost.sklearn", "ThreadPoolExecutor"),
    ("catboost.core", "Pool"),
    ("catboost.core", "_CatBoost"),
    ("sklearn.cluster._bicluster", "ABCMeta"),
    ("sklearn.ensemble._forest", "Parallel"),
    ("sklearn.tree._export", "StringIO"),
    ("scipy.special._precompute.hyp2f1_data", "Pool"),
    ("pandas.core.indexes.range", "Callable"),
]


@pytest.mark.parametrize(("module", "name"), LENT)
def test_what_frameworks_import_or_keep_addresses_in_is_refused(
    module: str, name: str, tmp_path: Path
) -> None:
    """It would make files, threads or classes, read files, or point anywhere in memory."""
    assert verdict(called(module, name), tmp_path) == NAMED


SVC = named("sklearn.svm._classes", "SVC")
MAKE = named("sklearn.pipeline", "make_pipeline")
GLOBAL = b"cposix\nsystem\n"
WAYS = {
    "reduce": GLOBAL + b"(S'true'\ntR.",
    "inst": b"(S'true'\niposix\nsystem\n.",
    "obj": b"(" + GLOBAL + b"S'true'\no.",
    "newobj": b"\x80\x02" + GLOBAL + b"(U\x04truet\x81.",
    "newobj_ex": P4 + named("posix", "system") + ONE + b"}\x92.",
    "only named": b"\x80\x02" + GLOBAL + b".",
    "named and dropped": b"\x80\x02" + GLOBAL + b"0N.",
    "in a list that is dropped": b"\x80\x02(" + GLOBAL + b"1N.",
    "dotted": P4 + named("sklearn.base", "sys.modules") + b".",
    "python 2 name": b"\x80\x02ccommands\ngetoutput\n(U\x04truetR.",
    "python 2 builtin": b"\x80\x02c__builtin__\nexecfile\n(U\x04truetR.",
    "memo": P4 + text("posix") + b"q\x01" + text("system") + b"q\x0200h\x01h\x02\x93" + ONE + b"R.",
    "memo overwritten": P4 + text("builtins") + b"q\x010" + text("posix") + b"q\x01"
    + text("system") + b"q\x0200h\x01h\x02\x93" + ONE + b"R.",
    "memo overwritten by memoize": P4 + text("list") + b"q\x01" + b"0" + text("os") + b"\x940" + b"h\x01"
    + text("getpid") + b"\x93)R.",
    "dup": P4 + text("this") + b"2\x93.",
    "popped mark": b"\x80\x04(" + text("list") + b"1" + named("os", "getpid") + b")R.",
    "within a frame": b"\x80\x04\x95" + struct.pack("<Q", 16) + named("os", "getpid") + b")R.",
    "a string opcode": b"\x80\x04U\x02osU\x06getpid\x93)R.",
    "an escaped string": b"\x80\x04S'\\x6fs'\nS'getpid'\n\x93)R.",
    "raw unicode": b"\x80\x04V\\u006fs\nVgetpid\n\x93)R.",
    "partial": P4 + named("functools", "partial") + named("os", "system") + b"\x85R.",
    "partial by state": P4 + named("functools", "partial") + named("numpy", "sum") + b"\x85R"
    + b"(" + MAKE + b")}}tb.",
    "partial of a listed reference": P4 + named("functools", "partial")
    + MAKE + b"\x85R.",
    "deep in the arguments": P4 + named("functools", "partial") + b"](" + b"}" + text("f")
    + MAKE + b"s\x85e\x85R.",
    "default factory": P4 + named("collections", "defaultdict") + named("os", "getpid") + b"\x85R.",
    "generator's constructor": P4 + named("numpy.random._pickle", "__generator_ctor") + text("MT19937")
    + MAKE + b"\x86R.",
    "getattr chain": P4 + named("builtins", "getattr") + named("builtins", "getattr")
    + named("sklearn.datasets._base", "os") + text("path") + b"\x86R" + text("exists") + b"\x86R.",
    "getattr of an instance": P4 + named("builtins", "getattr") + SVC
    + b")R" + text("fit") + b"\x86R)R.",
    "getattr of a dunder": P4 + named("builtins", "getattr") + named("builtins", "list")
    + text("__subclasses__") + b"\x86R.",
    "joblib's old wrapper": P4 + named("joblib.numpy_pickle_compat", "NDArrayWrapper") + b")\x81}"
    + text("filename") + text("/tmp/x.npy") + b"sb.",
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_a_name_is_seen(way: str, tmp_path: Path) -> None:
    assert verdict(WAYS[way], tmp_path) == NAMED


WRAPPER = named("joblib.numpy_pickle", "NumpyArrayWrapper")
GEN = named("scipy.stats._continuous_distns", "norm_gen")
EVIL = text("_parse_arg_template") + text("import os")
DTYPE = named("numpy", "dtype")
F8 = DTYPE + text("f8") + b"\x89\x88\x87R"
V8 = DTYPE + text("V8") + b"\x89\x88\x87R"


def state(size: int, flags: int, fields: bytes = b"NN") -> bytes:
    return (
        b"(K\x03"
        + text("|")
        + b"N"
        + fields
        + b"J"
        + struct.pack("<i", size)
        + b"J\xff\xff\xff\xffK"
        + bytes([flags])
        + b"tb"
    )


ALIEN = {
    "extension 1": b"\x80\x02\x82\x01.",
    "extension 2": b"\x80\x02\x83\x01\x00.",
    "extension 4": b"\x80\x02\x84\x01\x00\x00\x00.",
    "persistent id": b"Pos\n.",
    "binary persistent id": b"\x80\x02NQ.",
    "next buffer": b"\x80\x05\x97.",
    "readonly buffer": b"\x80\x05C\x00\x98.",
    "protocol twice": b"\x80\x02\x80\x04N.",
    "protocol of the future": b"\x80\x06N.",
    "computed name": P4 + text("os") + named("builtins", "str") + text("system") + b"\x85R\x93.",
    "name of bytes": P4 + text("os") + b"C\x06system\x93.",
    "call of a result": P4 + named("operator", "itemgetter") + ONE + b"R" + ONE + b"R.",
    "call with a computed tuple": P4 + named("builtins", "list") + named("builtins", "tuple") + b")RR.",
    "instance of a result": P4 + named("operator", "itemgetter") + ONE + b"R)\x81.",
    "state of a class": P4 + SVC + b"N}" + text("fit") + b"Ns\x86b.",
    "state of a list": b"\x80\x04]}b.",
    "state by a call": P4 + SVC + b")\x81" + named("builtins", "tuple") + b")Rb.",
    "class by slots": P4 + SVC + b")\x81N}" + text("__class__") + WRAPPER + b"s\x86b.",
    "slots by a call": P4 + SVC + b")\x81N" + named("collections", "OrderedDict") + b")R\x86b.",
    "state of what a function gave back": P4 + named("numpy", "sum") + GEN + b")\x81\x85R}" + EVIL + b"sb.",
    "state of numpy's result": P4 + named("numpy", "float64") + GEN + b")\x81\x85R}" + EVIL + b"sb.",
    "items into a class": P4 + SVC + b"Na.",
    "items into a constant": b"\x80\x04NNNs.",
    "distribution with code": P4 + GEN + b")\x81}" + EVIL + b"sb.",
    "distribution with code in pairs": P4 + GEN + b")\x81" + EVIL + b"\x86\x85b.",
    "distribution with a computed key": P4 + GEN + b")\x81}" + named("builtins", "str")
    + b")R" + text("x") + b"sb.",
    "distribution with arguments": P4 + GEN + ONE + b"R.",
    "codec": P4 + named("_codecs", "encode") + text("x") + text("zip") + b"\x86R.",
    "object scalar": P4 + named("numpy._core.multiarray", "scalar") + DTYPE + text("O8")
    + b"\x89\x88\x87R" + named("os", "system") + b"\x86R.",
    "dtype from a list": P4 + DTYPE + b"]\x85R.",
    "objects that say they are bytes": P4 + DTYPE + text("O8") + b"\x89\x88\x87R" + state(-1, 0) + b".",
    "bytes that say they are objects": P4 + F8 + state(-1, 63) + b".",
    "bytes with hidden objects": P4 + V8 + state(8, 16, text("a") + b"\x85}" + text("a")
    + DTYPE + text("O8") + b"\x89\x88\x87RK\x00\x86s") + b".",
    "field outside": P4 + V8 + state(8, 16, text("a") + b"\x85}" + text("a") + F8 + b"K\x04\x86s") + b".",
    "dtype without a size": P4 + DTYPE + text("f") + b"\x89\x88\x87R.",
    "another size": P4 + V8 + state(80, 0) + b".",
    "dtype changed after use": P4 + V8 + b"q\x01h\x01\x85" + b"0" + state(8, 0) + b".",
    "dtype changed twice": P4 + V8 + state(8, 0) + state(8, 0) + b".",
    "wrapper by call": P4 + WRAPPER + b")R.",
    "wrapper by another's maker": P4 + named("sklearn.neighbors._kd_tree", "newObj") + WRAPPER + b"\x85R.",
    "wrapper without a shape": P4 + WRAPPER + b")\x81}b.",
    "a file for a booster": P4 + named("xgboost.core", "Booster") + b"NN" + text("/etc/passwd") + b"\x87R.",
    "a file for a booster by its keywords": P4 + named("lightgbm.basic", "Booster") + b")}" + text("model_file")
    + text("/etc/passwd") + b"s\x92.",
    "leftovers": b"\x80\x02NN.",
    "trailing pickle": b"\x80\x02N." + WAYS["reduce"],
    "trailing bytes": pickle.dumps(1) + b"\0",
}  # fmt: skip


@pytest.mark.parametrize("way", ALIEN)
def test_what_no_honest_pickle_does_is_refused(way: str, tmp_path: Path) -> None:
    assert verdict(ALIEN[way], tmp_path) == UNSAFE


BROKEN = {
    "underflow": b"\x80\x02.",
    "pop of nothing": b"\x80\x020N.",
    "no mark": b"\x80\x02t.",
    "tuple of too little": b"\x80\x02N\x86.",
    "below the mark": b"\x80\x02N(\x85.",
    "no such memo": b"\x80\x02h\x05.",
    "odd items": b"\x80\x02}(Nu.",
    "no such instruction": b"\x80\x02\xff.",
    "no end": b"\x80\x02N",
    "long of negative length": b"\x80\x02\x8b\xff\xff\xff\xff.",
    "long text": b"\x80\x04\x8d" + b"\xff" * 8 + b".",
    "long bytes": b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f.",
    "long byte array": b"\x80\x05\x96" + b"\xff" * 8 + b".",
    "text that is none": b"\x80\x02X\x01\x00\x00\x00\xff.",
    "number that is none": b"I0x10\n.",
    "octal number": b"I010\n.",
    "quote": b"S'a\n.",
    "escape": b"S'\\z'\n.",
    "frame beyond the end": b"\x80\x04\x95" + struct.pack("<Q", 1000) + b"N.",
    "frame of all": b"\x80\x04\x95" + b"\xff" * 8 + b"N.",
    "short frame": b"\x80\x04\x95" + struct.pack("<Q", 2) + text("abc") + b".",
    "frame in a frame": b"\x80\x04\x95" + struct.pack("<Q", 12) + b"\x95" + struct.pack("<Q", 2) + b"N.",
    "cut zlib": zlib.compress(pickle.dumps(list(range(500))))[:-20],
    "wrong zlib": b"\x78\x9c" + b"\xff" * 50,
    "wrong lzma": b"\x5d\x00" + b"\xff" * 50,
    "wrong xz": b"\xfd7zXZ\x00" + b"\xff" * 50,
    "wrong bz2": b"BZh9" + b"\xff" * 50,
}  # fmt: skip


@pytest.mark.parametrize("way", BROKEN)
def test_a_broken_file_is_damaged(way: str, tmp_path: Path) -> None:
    assert verdict(BROKEN[way], tmp_path) == DAMAGED


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", WAYS["reduce"])
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "model.not_a_pickle"),
        (_zip(), "model.not_a_pickle"),
        (b"\x93NUMPY\x01\x00", "model.not_a_pickle"),
        (b"this is no model\n", "model.not_a_pickle"),
        (b"a,b\n", "model.not_a_pickle"),
        (b"\x04\x22\x4d\x18abcd", "model.unsupported_pickle"),
        (b"ZF0x10", "model.unsupported_pickle"),
        (b"\x80\x02" + b"(" * 20_000 + b".", "model.too_large"),
        (b"\x80\x02Nr\xff\xff\xff\xff.", "model.too_large"),
    ],
)
def test_what_cannot_be_read_is_told_apart(data: bytes, code: str, tmp_path: Path) -> None:
    assert verdict(data, tmp_path) == code


BOMB = b"\x80\x04\x8e" + struct.pack("<Q", 65 << 20) + bytes(65 << 20) + b"."


@pytest.mark.parametrize("pack", [zlib.compress, lambda data: lzma.compress(data, preset=0)])
def test_a_bomb_is_too_large(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    assert verdict(pack(BOMB), tmp_path) == "model.too_large"


def test_a_partial_that_would_write_a_file_is_refused(tmp_path: Path) -> None:
    """A function of numpy's in a partial is no call of it, but for the one that opens a file."""
    assert verdict(pickle.dumps(functools.partial(np.log, dtype="f8")), tmp_path) == "ok"
    assert verdict(pickle.dumps(functools.partial(np.memmap, "file", mode="w+")), tmp_path) == NAMED


def test_a_pickle_within_an_array_of_objects_is_seen(tmp_path: Path) -> None:
    joblib.dump([np.array([Call(os.getpid)], dtype=object)], tmp_path / "m")
    assert verdict((tmp_path / "m").read_bytes(), tmp_path) == NAMED


def test_bytes_of_an_array_are_not_read_as_instructions(tmp_path: Path) -> None:
    hidden = np.frombuffer(WAYS["reduce"].ljust(64, b"."), dtype="u1")
    joblib.dump([hidden, 1], tmp_path / "m")
    assert verdict((tmp_path / "m").read_bytes(), tmp_path) == "ok"
    assert scan(tmp_path / "m").container == "joblib"


def test_an_array_in_the_middle_of_a_frame_is_damaged(tmp_path: Path) -> None:
    # joblib would take the bytes of the array from behind the frame, and we from within it
    joblib.dump(np.zeros(2), tmp_path / "m", protocol=3)
    inner = (tmp_path / "m").read_bytes()[2:]
    assert verdict(b"\x80\x04\x95" + struct.pack("<Q", len(inner)) + inner, tmp_path) == DAMAGED


def test_the_wrapper_of_an_array_cannot_be_used_twice(tmp_path: Path) -> None:
    joblib.dump(np.zeros(2), tmp_path / "m", protocol=3)
    data = (tmp_path / "m").read_bytes()
    assert verdict(data[:-1] + b"0h\x02}b.", tmp_path) in (UNSAFE, DAMAGED)


def test_an_honest_distribution_stays_allowed_and_an_edited_one_is_refused(tmp_path: Path) -> None:
    data = pickle.dumps(stats.beta(1, 2), 2)
    assert verdict(data, tmp_path) == "ok"
    assert verdict(data.replace(b"return (a, b, ), loc", b"return (a, id()), loc"), tmp_path) == UNSAFE


def test_calls_as_python_writes_them_are_refused(tmp_path: Path) -> None:
    for callee in (os.getpid, os.system, eval, operator.methodcaller, joblib.load):
        for protocol in range(6):
            assert verdict(pickle.dumps([Call(callee, "1")], protocol), tmp_path) == NAMED


@pytest.mark.parametrize("compress", [0, ("zlib", 1), ("gzip", 1), ("bz2", 1), ("xz", 1), ("lzma", 1)])
def test_flipped_and_cut_files_never_raise_anything_else(compress: Any, tmp_path: Path) -> None:
    model = [
        np.arange(20.0),
        np.array(["a", None], dtype=object),
        {"a": (1, 2.5, b"x")},
        np.random.default_rng(1),
    ]
    joblib.dump(model, tmp_path / "m", compress=compress)
    data = (tmp_path / "m").read_bytes()
    chance = random.Random(0)  # noqa: S311 - no secret is drawn
    codes = set()
    for _ in range(150):
        flipped = bytearray(data)
        flipped[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        codes.add(verdict(bytes(flipped), tmp_path))
        codes.add(verdict(data[: chance.randrange(len(data))], tmp_path))
    assert DAMAGED in codes


def test_a_lambda_written_by_cloudpickle_is_told_so(tmp_path: Path) -> None:
    code = b"ccloudpickle.cloudpickle\n_builtin_type\n(S'CodeType'\ntR(I0\ntR."
    (tmp_path / "m").write_bytes(code)
    with pytest.raises(BoxError, match="written by cloudpickle") as caught:
        scan(tmp_path / "m")
    assert caught.value.code == UNSAFE
    assert "module" in caught.value.hint
