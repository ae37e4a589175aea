"""Builds prove themselves whole, and what a program could not read or write is an error."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import stat
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import points, quiet

from build_targets.building import cache, modules, seal
from build_targets.cpp import CppTarget
from build_targets.running import launch
from build_targets.running.ending import complaint, how_it_failed
from build_targets.runtime import CythonTarget
from pfc_standalone.errors import ParameterError, TargetError
from pfc_standalone.experiment import schedule
from pfc_standalone.parameters import Parameters, with_values
from pfc_standalone.simulation import prepare
from pfc_standalone.tasks import find_task

P = with_values(Parameters(), {"network.n_per_unit": 10})
CONTENT = {"main.cpp": b"int main() {}", "static_arrays/a": b"1234", "static_arrays/b": b""}


def fill(folder: Path) -> None:
    for name, text in CONTENT.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(text)


@contextlib.contextmanager
def as_nobody():
    """File access of a user who owns nothing, where the tests run as root."""
    if os.getuid():
        yield
        return
    if sys.platform != "linux":
        pytest.skip("root reads and writes everything, and only Linux lets a thread be less")
    system = ctypes.CDLL(None)
    system.setfsgid(65534)
    system.setfsuid(65534)
    try:
        yield
    finally:
        system.setfsuid(0)
        system.setfsgid(0)


@pytest.fixture
def open_folder():
    """A folder that others may read; pytest's own are closed to them."""
    with tempfile.TemporaryDirectory(prefix="pfc-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """An empty cache."""
    root = tmp_path / "cache"
    root.mkdir()
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(root))
    return root


def copy_build(build, root: Path):
    """A build in another cache, with all that it shares; its folders of source and binary there."""
    session = build.source.parent
    shared = [*session.glob("compiler-*"), *session.glob("modules-*")]
    for entry in (build.source, build.compiled, *shared):
        shutil.copytree(entry, root / entry.name, ignore=shutil.ignore_patterns(".*"))
    return root / build.source.name, root / build.compiled.name


@pytest.fixture
def copied_build(tmp_path, monkeypatch):
    """The small build in a cache of its own: its folders of source and binary."""
    root = tmp_path / "copy"
    folders = copy_build(CppTarget().build(P, quiet), root)
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(root))
    return folders


def one_trial():
    (condition, *_) = find_task("ax-cpt").conditions
    return points(P, [schedule(P, [(condition, "0.75")])])


# ------------------------------------------------------------------------ damaged builds
@pytest.mark.parametrize("what", [*CONTENT, seal.FILE])
@pytest.mark.parametrize("damage", ["removed", "emptied", "flipped", "longer", "a folder"])
def test_a_damaged_entry_is_built_anew(own_cache, what, damage):
    folder, _ = cache.entry("abc", fill)
    path = folder / what
    before = path.read_bytes()
    match damage:
        case "removed":
            path.unlink()
        case "emptied":
            path.write_bytes(b"")
        case "flipped":
            path.write_bytes(bytes([*before[:-3], *(b ^ 1 for b in before[-3:])]))
        case "longer":
            path.write_bytes(before + b"x")
        case "a folder":
            path.unlink()
            path.mkdir()
    same = path.is_file() and path.read_bytes() == before
    again, built = cache.entry("abc", fill)
    assert (again, built) == (folder, not same)
    assert {n: (folder / n).read_bytes() for n in CONTENT} == CONTENT
    assert not cache.entry("abc", fill)[1]
    assert [p.name for p in own_cache.iterdir() if not p.name.endswith(".lock")] == ["abc"]


def test_what_does_not_belong_there_is_damage(own_cache):
    folder, _ = cache.entry("abc", fill)
    (folder / "other.cpp").write_text("int other;")  # CMake would compile it
    assert cache.entry("abc", fill)[1]
    assert not (folder / "other.cpp").exists()


def test_links_are_part_of_what_is_sealed(own_cache):
    def fill_with_link(folder):
        fill(folder)
        (folder / "link").symlink_to("static_arrays")

    folder, _ = cache.entry("abc", fill_with_link)
    assert not cache.entry("abc", fill_with_link)[1]
    (folder / "link").unlink()
    (folder / "link").symlink_to("elsewhere")
    assert cache.entry("abc", fill_with_link)[1]


def test_a_build_that_fails_leaves_the_damaged_one_and_nothing_else(own_cache):
    folder, _ = cache.entry("abc", fill)
    (folder / "main.cpp").unlink()
    with pytest.raises(ZeroDivisionError):
        cache.entry("abc", lambda partial: 1 / 0)
    assert [p.name for p in own_cache.iterdir() if not p.name.endswith(".lock")] == ["abc"]
    assert cache.entry("abc", fill)[1]


def test_leftovers_of_killed_builds_go_after_a_day(own_cache):
    old, young = own_cache / ".abc.1.partial", own_cache / ".abc.2.partial"
    for folder in (old, young):
        folder.mkdir()
        (folder / "half").write_text("")
    os.utime(old, (time.time() - 90000,) * 2)
    cache.entry("abc", fill)
    assert not old.exists()
    assert young.exists()


def test_a_damaged_static_array_does_not_reach_a_run(copied_build):
    """Brian2's programs go on, with other spikes, where a static array is cut short."""
    source, _ = copied_build
    expected = prepare(one_trial(), "cpp", quiet, 0.3).run()[0]["spikes.t"]
    arrays = [p for p in sorted((source / "static_arrays").iterdir()) if p.stat().st_size]
    arrays[0].write_bytes(b"")
    job = prepare(one_trial(), "cpp", quiet, 0.3)
    assert job.build.phases["generate"] > 0  # anew, with the same name
    assert job.build.source == source
    assert arrays[0].stat().st_size
    spikes = job.run()[0]["spikes.t"]
    assert spikes.size > 100
    np.testing.assert_array_equal(spikes, expected)


def test_what_the_binary_could_not_read_is_an_error(copied_build, tmp_path):
    """Brian2's program says so on standard output and ends well."""
    source, _ = copied_build
    job = prepare(one_trial(), "cpp", quiet, 0.1)
    program = job.target.program(job.build.source, job.build.compiled)
    broken = tmp_path / "broken"
    shutil.copytree(source, broken)
    next(p for p in (broken / "static_arrays").iterdir() if p.stat().st_size).unlink()
    ((_, error),) = launch.run_all(replace(program, folder=broken), job.build.manifest,
        dict(enumerate(job.requests)), tmp_path, 1, lambda done: None)  # fmt: skip
    assert isinstance(error, launch.RunError)
    assert "failed: Error opening static array" in str(error)


# ------------------------------------------------------------------------ Cython's modules
def test_modules_are_shared_and_checked(own_cache, tmp_path):
    compiled = []

    def compile_in(*names):
        def compile_missing(work):
            for name in names:
                if not (work / name).exists():
                    compiled.append(name)
                    (work / name).write_text(f"code of {name}")
                    (work / f"{name}.o").write_text("")
            return names

        return compile_missing

    def build(folder, *names):
        compiled.clear()
        modules.compile_modules("modules", tmp_path / folder, compile_in(*names))
        assert {p.name: p.read_text() for p in (tmp_path / folder).iterdir()} == {
            name: f"code of {name}" for name in names
        }
        return sorted(compiled)

    assert build("one", "a", "b") == ["a", "b"]
    assert build("two", "a", "c") == ["c"]
    (own_cache / "modules" / "a").write_text("code of x")
    (own_cache / "modules" / "b").unlink()
    assert build("three", "a", "b", "c") == ["a", "b"]
    (own_cache / "modules" / seal.FILE).write_text("[")
    assert build("four", "a") == ["a"]
    assert [p.name for p in tmp_path.glob(".*")] == []


def test_a_run_in_python_writes_nothing_and_a_damaged_module_is_mended(tmp_path, monkeypatch):
    strict = {"network.n_per_unit": 20, "build.strict_math": True, "network.batch": 2}
    parameters = with_values(Parameters(), strict | {"network.traces": True})
    _, compiled = copy_build(CythonTarget().build(parameters, quiet), tmp_path / "copy")
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path / "copy"))
    job = prepare(points(parameters, [[], []]), CythonTarget(), quiet, 0.0)
    assert job.build.phases == {"generate": 0.0, "compile": 0.0}
    assert job.build.compiled == compiled
    assert len(list((compiled / "modules").glob("*.so"))) > 3
    job.run()
    assert seal.is_whole(job.build.source)
    assert seal.is_whole(compiled)
    module = next((compiled / "modules").glob("*.so"))
    before = module.read_bytes()
    module.write_bytes(before[:100])
    assert CythonTarget().build(parameters, quiet).phases["compile"] > 0
    assert module.read_bytes() == before  # from those that builds share


# --------------------------------------------------------------- whose cache it is, and where
@pytest.mark.parametrize(
    ("of_root", "umask", "folders", "files"),
    [(0o755, 0o077, 0o755, 0o644), (0o2775, 0o022, 0o2775, 0o664), (0o700, 0o022, 0o700, 0o600),
     (0o1777, 0o022, 0o775, 0o664)],
)  # fmt: skip
def test_entries_take_the_permissions_of_the_cache(own_cache, of_root, umask, folders, files):
    def fill_with_program(folder):
        fill(folder)
        (folder / "main").write_text("")
        (folder / "main").chmod(0o700)

    own_cache.chmod(of_root)
    before = os.umask(umask)
    try:
        folder, _ = cache.entry("abc", fill_with_program)
    finally:
        os.umask(before)

    def mode(path):
        return stat.S_IMODE(path.stat().st_mode)

    assert {mode(p) for p in (folder, folder / "static_arrays")} == {folders}
    assert {mode(folder / n) for n in (*CONTENT, seal.FILE)} == {files}
    assert mode(folder / "main") == folders & 0o777
    assert mode(own_cache / ".abc.lock") == files


def test_a_cache_that_cannot_be_written_is_used(open_folder, monkeypatch):
    root = open_folder / "cache"
    root.mkdir()
    copy_build(CppTarget().build(P, quiet), root)
    cache.share(root, open_folder)
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(root))
    root.chmod(0o555)
    other = with_values(P, {"network.n_per_unit": 11})
    with as_nobody():
        build = CppTarget().build(P, quiet)
        with pytest.raises(TargetError) as caught:
            CppTarget().build(other, quiet)
    root.chmod(0o755)
    assert build.phases == {"generate": 0.0, "compile": 0.0}
    assert str(caught.value) == (
        f"the build cache {root} does not hold this build and cannot be written (Permission "
        "denied): free space, or name another folder in the variable PFC_CACHE_DIR"
    )
    assert not list(root.glob(".*"))


def test_a_group_mends_what_one_of_them_built(open_folder, monkeypatch):
    root = open_folder / "cache"
    root.mkdir()
    if not os.getuid():
        os.chown(root, -1, 65534)
    root.chmod(0o2775)
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(root))
    folder, _ = cache.entry("abc", fill)
    modules.compile_modules("modules", root / "one", write_module)
    (folder / "main.cpp").write_text("")
    (root / "modules" / "a").write_text("")
    with as_nobody():
        assert cache.entry("abc", fill) == (folder, True)
        assert cache.entry("def", fill)[1]
        modules.compile_modules("modules", root / "two", write_module)
    assert (root / "modules" / "a").read_text() == "code"
    assert not cache.entry("abc", fill)[1]


def write_module(work: Path):
    (work / "a").write_text("code")
    return ["a"]


def test_the_cache_may_be_named_from_here_or_from_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for given, meant in (("here", "here"), ("~/there", "home/there"), ("a/../b", "a/../b")):
        monkeypatch.setenv(cache.CACHE_VARIABLE, given)
        assert cache.cache_root() == tmp_path / meant
    monkeypatch.setenv(cache.CACHE_VARIABLE, "~nobody-of-that-name/builds")
    with pytest.raises(ParameterError, match="~nobody-of-that-name/builds, whose home folder is"):
        cache.cache_root()


# ------------------------------------------------------------------ what a program says
LD_SO = "ERROR: ld.so: object '/x.so' from LD_PRELOAD cannot be preloaded (no file): ignored."


@pytest.mark.parametrize(
    ("line", "is_complaint"),
    [
        ("Error reading 'x': file size 3 does not match expected size 8", True),
        ("Could not read 'x'", True),
        ("Cannot set unknown variable 'x'.", True),
        ("Error opening static array _static_array_1.", True),
        ("Error writing output file for _array_spikes_i.", True),
        ("Error: tried to create synapse to neuron j=7 outside range 0 to 5", True),
        ("ERROR initialising neurons in synapses_push_spikes.cu:975 out of memory", True),
        ("MEMORY ERROR: Trying to generate more random numbers than fit", True),
        (LD_SO, False),
        ("INFO       Cache size for target 'cython': 1025 MB.", False),
        ("WARNING: the file could not be found, an error that is none", False),
        ("", False),
    ],
)
def test_harmless_lines_are_told_from_complaints(line, is_complaint):
    assert complaint(["something", line]) == (line if is_complaint else "")


def test_harmless_lines_do_not_end_a_run(monkeypatch):
    quietly = prepare(one_trial(), "cpp", quiet, 0.1)
    expected = quietly.run()[0]["spikes.t"]
    monkeypatch.setenv("LD_PRELOAD", "/nowhere/missing.so")
    np.testing.assert_array_equal(quietly.run()[0]["spikes.t"], expected)


@pytest.mark.parametrize(
    ("code", "lines", "expected"),
    [
        (3, [], "it ended with exit code 3"),
        (1, ["a", "b", "c", "", "d"], "b / c / d"),
        (1, [LD_SO], "it ended with exit code 1"),
        (0, ["Error writing output file for x."],
         "Error writing output file for x. (is the disk full, or its folder gone?)"),
        (-6, ["terminate called after throwing", "  what():  broken"],
         "it was ended by signal SIGABRT, after it said: terminate called after throwing / "
         "what():  broken"),
        (-6, ["Error reading 'x'", "and more", "and more", "and more"],
         "it was ended by signal SIGABRT, after it said: Error reading 'x'"),
        (-9, [], "it was ended by signal SIGKILL: is memory exhausted?"),
        (-6, ["  what():  std::bad_alloc"],
         "it was ended by signal SIGABRT, after it said: what():  std::bad_alloc: use a smaller "
         "--n-per-unit or --set network.batch=N with fewer replicates"),
        (-99, [], "it was ended by signal 99"),
    ],
)  # fmt: skip
def test_of_a_crash_the_last_lines_are_told(code, lines, expected):
    assert how_it_failed(code, lines) == expected


def test_lines_that_only_look_like_a_report_are_kept(tmp_path):
    process = launch._Process(0, tmp_path, None)
    for line in ("progress 0.5", "phase of the moon", "phase write soon", "progress perhaps"):
        with contextlib.suppress(ValueError):
            process._take(line)
    assert process.done == 0.5
    assert process.phases == {}
    assert json.dumps(list(process.said)) == '["phase of the moon"]'
