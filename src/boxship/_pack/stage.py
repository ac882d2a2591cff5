"""Everything a box holds, learnt and written where nobody finds it yet."""

import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple

import msgspec

from boxship._pack.classes import with_classes
from boxship._pack.fit import told_of_fit
from boxship._pack.golden import answered_rows
from boxship._pack.inputs import Inputs
from boxship._pack.learn import (
    check_names,
    learn_contract,
    model_inputs,
    named_outputs,
    nullable,
    text_columns,
    typed_inputs,
    with_spaces,
)
from boxship._pack.own_code import OwnCode, find_own_code
from boxship._pack.prove import ToProve
from boxship._pack.source import Source
from boxship._pack.target import check_target
from boxship._pack.wishes import Wishes
from boxship.adapters import ADAPTERS, form_beside, needed_beside
from boxship.core.contract import Contract
from boxship.core.profile import Profile
from boxship.core.table import Table
from boxship.core.table_bytes import to_bytes
from boxship.errors import BoxError
from boxship.room.build import Room, ensure
from boxship.room.environment import Environment
from boxship.room.lock import Taken, parse_lock, take
from boxship.runner.remote import RUNTIME, RoomModel
from boxship.settings import Settings
from boxship.stores.local import LocalStore

Say = Callable[[str], None]
_AT_ONCE_S = 1.0  # in which most data is read
_TRIED = 20  # rows that show what answers look like


class Surroundings(NamedTuple):
    """Where a box is made."""

    store: LocalStore
    settings: Settings
    environment: Environment
    say: Say


class Needs(NamedTuple):
    """What a model needs besides its file."""

    modules: tuple[str, ...]
    taken: Taken
    code: Mapping[str, Path]


class Learnt(NamedTuple):
    """A staged box whole, the training inputs as the contract types them, the outputs to keep nothing of,
    what is to be told."""

    box: ToProve
    inputs: Table
    contract: Contract
    hidden: tuple[str, ...]
    notes: tuple[str, ...]


class Laid(NamedTuple):
    """The model's own files, staged so that it can be loaded, and the room of its lock."""

    box: ToProve
    room: Room


def find_needs(modules: tuple[str, ...], inputs: Inputs, environment: Environment) -> Needs:
    """The lock and the code that a model which names these modules needs here."""
    installed = {top.split(".")[0] for one in environment.distributions.values() for top in one.modules}
    unknown = [top for top in modules if top not in installed and top not in sys.stdlib_module_names]
    own = find_own_code(unknown, inputs.code, Path.cwd())
    optional = set(own.optional) & installed
    named = tuple(sorted((set(modules) - set(own.modules)) | set(own.imports) | optional))
    taken = take(environment, named, require=inputs.require)
    return Needs(modules, taken, _merged(taken, own))


def check_versions(source: Source, lock: str) -> None:
    """Refuse a model that its framework would load with a warning: the answers may have changed."""
    locked = {pin.name: pin.version for pin in parse_lock(lock)}
    for name, saved in source.scan.versions.items():
        if name in locked and saved != locked[name]:
            raise BoxError(
                "model.other_version",
                f"the model was saved with {name} {saved}, the environment has {locked[name]}",
                f"pip install {name}=={saved} there, name the right environment with --python, or train again",
                {"saved": saved, "locked": locked[name]},
            )


def _merged(taken: Taken, own: OwnCode) -> dict[str, Path]:
    return {**{path: Path(file) for path, file in taken.code.items()}, **own.files}


def modules_of(source: Source, environment: Environment) -> tuple[str, ...]:
    """The packages a model file names, and pandas where its kind of model takes a DataFrame.

    So may a step of the user's own, which needs not import pandas for that.
    """
    installed = _installed(environment)
    named = set(source.tops)
    if source.scan.container == "entry":
        return tuple(sorted(named))  # its code says what it needs
    own = any(top not in installed and top not in sys.stdlib_module_names for top in named)
    if (own or set(source.plug.frames) & set(source.scan.modules)) and "pandas" in installed:
        named.add("pandas")
    named.update(modules_beside(source.adapter, environment))
    return tuple(sorted(named))


def modules_beside(adapter: str, environment: Environment) -> tuple[str, ...]:
    """What the surroundings add to them, for models of this adapter."""
    plug = ADAPTERS.get(adapter)
    return needed_beside(plug, _installed(environment), os.environ) if plug else ()


def _installed(environment: Environment) -> set[str]:
    return {top for one in environment.distributions.values() for top in one.modules}


def lay_model(folder: Path, inputs: Inputs, source: Source, needs: Needs, around: Surroundings) -> Laid:
    """Stage what has to be there for the model to load, while the data is read."""
    with ThreadPoolExecutor(1) as aside:
        coming = aside.submit(lambda: check_names(inputs.data.table, inputs.data.targets, inputs.wishes))
        wait([coming], _AT_ONCE_S)
        if coming.done():
            coming.result()  # what is wrong with it is said before there is a room
        room = make_room(needs.taken.lock, around)  # here, so that Ctrl-C ends uv at once
        coming.result()
    files: dict[str, bytes | Path] = {**inputs.model_files}
    files |= {f"code/{path}": file for path, file in needs.code.items()}
    files["lock.txt"] = needs.taken.lock.encode()
    staged = around.store.stage(folder, files, adapter=source.adapter, python=around.environment.minor)
    return Laid(ToProve(folder / "box", staged.manifest, source.trusted), room)


def stage(folder: Path, inputs: Inputs, laid: Laid, model: RoomModel, around: Surroundings) -> Learnt:
    """Learn from the data what the model does not say of itself, and write the whole box."""
    described = with_spaces(model.describe(), inputs.data.table.names)
    table = inputs.data.with_texts(text_columns(described, inputs.wishes))
    targets = inputs.data.targets
    chosen = model_inputs(described, table, targets, inputs.wishes.drop)
    inputs.data.refuse_zones(chosen.names)
    typed = typed_inputs(described, chosen, inputs.wishes, targets)
    settled = model.settle(
        typed.between(0, _TRIED), nullable=nullable(typed, inputs.wishes), units=inputs.data.units()
    )
    described = named_outputs(msgspec.structs.replace(described, outputs=settled.outputs), targets)
    described = with_classes(described, inputs.wishes, lambda: model.predict(typed.between(0, _TRIED)))
    secret = {name for name, wish in inputs.wishes.fields.items() if wish.sensitive}
    notes = check_target(described, table, targets, secret)
    around.say(f"profiling {table.length:,} rows of {len(typed.names)} columns")
    profile = _profile(typed, table, targets, secret)
    contract = learn_contract(described, typed, profile, inputs.wishes)
    if len(targets) == 1 and not secret & {*targets}:
        notes += told_of_fit(model, described, contract, typed, table.column(targets[0]))
    data = {"train": str(inputs.data.digest), "rows": str(table.length)}
    golden = answered_rows(model, inputs.golden, contract, profile)
    files: dict[str, bytes | Path] = {
        "contract.json": contract.to_bytes(),
        "profile.bin": profile.to_bytes(),
        "golden.in": to_bytes(golden),
        "card.json": msgspec.structs.replace(inputs.card, data=data).to_bytes(),
    }
    if settled.form:
        files[form_beside(Path(laid.box.manifest.model.path)).as_posix()] = settled.form.encode()
    first = laid.box.manifest
    staged = around.store.stage(folder, files, adapter=first.adapter, python=first.python, laid=first.files)
    hidden = sensitive_outputs(contract, targets, inputs.wishes)
    return Learnt(ToProve(folder / "box", staged.manifest, laid.box.trusted), typed, contract, hidden, notes)


def make_room(lock: str, around: Surroundings) -> Room:
    return ensure(
        lock,
        python_minor=around.environment.minor,
        runtime=RUNTIME,
        hashes=None,
        settings=around.settings,
        say=around.say,
        base=around.environment.base,
        build=True,
        whole=True,
    )


def _profile(typed: Table, table: Table, targets: Sequence[str], secret: Collection[str]) -> Profile:
    columns = {name: typed.column(name) for name in typed.names}
    columns |= {name: table.column(name) for name in targets}
    return Profile.of(Table.from_columns(columns), sensitive=secret, targets=targets)


def sensitive_outputs(contract: Contract, targets: Sequence[str], wishes: Wishes) -> tuple[str, ...]:
    """The outputs that were trained on a sensitive target; all where it cannot be told which."""
    secret = [name in wishes.fields and wishes.fields[name].sensitive for name in targets]
    if len(secret) != len(contract.outputs):
        secret = [any(secret)] * len(contract.outputs)
    return tuple(output.name for output, hide in zip(contract.outputs, secret, strict=True) if hide)
