"""Machines and settings as people have them: what must not get into a build, and what may be
missing.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import quiet

from build_targets.building import cache, cmake_build, compiler, manifest, sources, tools
from build_targets.building.cmake_build import compile_folder
from build_targets.building.environment import own_environment, python_environment
from build_targets.cpp import CppTarget
from build_targets.cuda import CudaTarget
from build_targets.runtime import CythonTarget, NumpyTarget
from pfc_standalone.errors import RequirementError, TargetError
from pfc_standalone.parameters import Parameters, with_values

PROJECT = Path(__file__).parent.parent
P = with_values(Parameters(), {"network.n_per_unit": 10})
SMALL = ("--n-per-unit", 10, "--trials", 1, "--delay", 0.75, "--replicates", 1, "--no-figures")


def program(path: Path, body: str) -> str:
    """A program that a shell script plays."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """An empty cache."""
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path / "cache"))


# ------------------------------------------------------------------------ everything at once
PREFERENCES = """
[core.network]
default_schedule = ["start", "groups", "synapses", "thresholds", "resets", "end"]
[devices.cpp_standalone]
openmp_threads = 4
"""
SHADOWS = ("random.py", "types.py", "numpy.py", "brian_preferences")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A folder and variables in which nothing is as it should be; git and CMake are not found."""
    top = tmp_path_factory.mktemp("hostile")
    for folder in ("home/.brian", "here", "bin"):
        (top / folder).mkdir(parents=True)
    (top / "home" / ".brian" / "user_preferences").write_text(PREFERENCES)
    (top / "home" / ".pydistutils.cfg").write_text("[build_ext]\ndefine=double=float\n")
    for name in SHADOWS:
        (top / "here" / name).write_text("raise RuntimeError('somebody else is meant')\n")
    for name in ("g++", "as", "ld"):
        (top / "bin" / name).symlink_to(shutil.which(name))
    variables = {
        "HOME": str(top / "home"),
        "PATH": str(top / "bin"),
        "LD_PRELOAD": "/nowhere/missing.so",
        "MPLBACKEND": "nonsense",
        "PYTHONOPTIMIZE": "2",
        "PYTHONWARNINGS": "error::ImportWarning",
        "CPATH": "/nowhere",
        "CFLAGS": "-Ddouble=float",
        "CMAKE_GENERATOR": "Unix Makefiles",
        "CMAKE_BUILD_TYPE": "Debug",
        "LC_ALL": "de_DE.ISO-8859-1",
    }
    return top, variables


@pytest.mark.skipif(not shutil.which("g++"), reason="g++ is not on the PATH")
def test_everything_at_once(hostile):
    """Without an active environment, in a cache whose name means something to every tool."""
    top, variables = hostile
    root = top / "builds [1];|'\"\\ é$(x)"
    done = subprocess.run(
        [sys.executable, PROJECT / "build_targets" / "cpp.py", *map(str, SMALL), "--json"],
        cwd=top / "here",
        env=variables | {cache.CACHE_VARIABLE: str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["spikes"] > 1000
    assert sorted(p.name for p in (top / "here").iterdir()) == sorted([*SHADOWS, "results"])
    # what was generated is what is generated anywhere else
    elsewhere, _ = CppTarget().generate(P, quiet)
    there = root / elsewhere.name

    def texts(folder):  # Brian2 initialises clocks in the order of their addresses
        return {
            p.relative_to(folder): sorted(p.read_bytes().splitlines())
            for p in folder.rglob("*")
            if p.is_file() and p.name not in ("manifest.json", "sealed.json")
        }

    assert texts(there) == texts(elsewhere)
    assert len(texts(there)) > 50
    made = manifest.Manifest.read(there)
    assert made.git_commit == ""
    assert made.results == manifest.Manifest.read(elsewhere).results
    assert [p for p in root.iterdir() if p.name.endswith(".partial")] == []


def test_variables_do_not_get_into_processes_that_build(hostile, monkeypatch):
    _, variables = hostile
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CXXFLAGS", "-Wall")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", "here", "/absolute", ""]))
    let_in = own_environment()
    assert let_in["CXXFLAGS"] == "-Wall"
    assert let_in["LC_ALL"] == "C.UTF-8"  # messages are read
    odd = {"MPLBACKEND", "PYTHONOPTIMIZE", "PYTHONWARNINGS", "CPATH", "CFLAGS", "CMAKE_GENERATOR"}
    assert not (odd | {"CMAKE_BUILD_TYPE", "PYTHONPATH"}) & let_in.keys()
    python = python_environment()
    assert not odd & python.keys()
    paths = python["PYTHONPATH"].split(os.pathsep)
    assert paths == [str(PROJECT), str(Path("here").absolute()), "/absolute"]


def test_commands_import_nothing_from_the_current_folder(tmp_path):
    (tmp_path / "random.py").write_text("raise RuntimeError('somebody else is meant')\n")
    done = subprocess.run(
        [sys.executable, "-m", "pfc_standalone", "--help"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "doctor" in done.stdout


def test_preferences_beside_a_build_by_hand_are_refused(tmp_path):
    (tmp_path / "brian_preferences").write_text(PREFERENCES)
    done = subprocess.run(
        [sys.executable, "-m", "build_targets.generate", tmp_path],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == f"{tmp_path}/brian_preferences would decide what is built: move it away\n"


# ------------------------------------------------------------------------------------- tools
def test_tools_are_found_beside_python_then_on_the_path(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "environment" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home" / ".local").mkdir(parents=True)
    with pytest.raises(RequirementError, match="cmake was not found: install it"):
        tools.find_tool("cmake", "install it")
    places = (tmp_path / "home" / ".local" / "bin", tmp_path / "path", tmp_path / "environment")
    for place in places:
        made = program(place / "cmake", "echo cmake version 99; echo and more")
        assert tools.find_tool("cmake", "") == made
    (cmake, ninja) = tools.cmake_requirements()
    assert cmake.found == f"cmake version 99 ({made})"
    assert not ninja.found


def test_git_is_a_fact_not_a_need(tmp_path, monkeypatch):
    with monkeypatch.context() as none:
        none.setenv("PATH", str(tmp_path))
        assert manifest._git_commit() == ""
    monkeypatch.setattr(manifest, "PROJECT", tmp_path)  # installed, inside somebody's repository
    assert manifest._git_commit() == ""
    (tmp_path / ".git").mkdir()  # not one that git knows
    assert manifest._git_commit() == ""


# --------------------------------------------------------------------------------- compilers
REAL = shutil.which("g++")
needs_gpp = pytest.mark.skipif(not REAL, reason="g++ is not on the PATH")


def without(flag: str) -> str:
    """A compiler that lacks a flag."""
    said = f"error: unrecognized command-line option '{flag}'"
    return (
        f'for word in "$@"; do case "$word" in {flag}) echo "{said}" >&2; exit 1;; esac; done\n'
        f'exec {REAL} "$@"'
    )


@needs_gpp
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("exit 0", r"compiles no program \(it ends well and writes nothing\): set the variable"),
        ("echo fatal error: broken >&2; exit 1", r"compiles no program \(fatal error: broken\)"),
        ("exit 4", r"compiles no program \(exit code 4\)"),
        ('printf x > program; chmod +x program', "what it compiles does not run here"),
        (f'exec {REAL} "$@" -std=c++14', r"does not know C\+\+17 \(.*C\+\+17 is not known"),
        (without("-std=c++17"), r"does not know C\+\+17 \(.*unrecognized command-line option"),
        (without("-fopenmp-simd"), "does not know -fopenmp-simd, .* need: add --no-simd"),
    ],
)  # fmt: skip
def test_a_compiler_that_will_not_do_is_told_by_its_reason(
    own_cache, tmp_path, monkeypatch, body, message
):
    name = program(tmp_path / "my compiler", f'[ "$1" = --version ] && echo one && exit\n{body}')
    monkeypatch.setenv("CXX", shlex.quote(name))
    with pytest.raises(RequirementError, match=message) as caught:
        CppTarget().toolchain(P)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)
    needed = {r.name: r for r in CppTarget().requirements()}["C++ compiler"]
    assert bool(needed.found) == ("--no-simd" in message)
    if "--no-simd" in message:
        assert CppTarget().toolchain(with_values(P, {"build.simd": False}))["march"]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"CXX": "g++ 'x"}, "CXX is g\\+\\+ 'x, which is no command \\(No closing quotation\\)"),
        ({"CXX": "/nowhere/g++"}, "/nowhere/g.. was not found: the variable CXX names it"),
        ({"CXXFLAGS": "--nonsense"}, "with CXXFLAGS=--nonsense compiles no program .*nonsense"),
        ({"LDFLAGS": "-lnowhere"}, "with LDFLAGS=-lnowhere compiles no program .*lnowhere"),
        ({"CXXFLAGS": "'x"}, "CXXFLAGS is 'x, which cannot be divided into words"),
    ],
)
def test_variables_that_no_compiler_takes(own_cache, monkeypatch, variables, message):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RequirementError, match=message):
        CppTarget().toolchain(P)


def test_a_file_that_is_no_program_is_told(own_cache, tmp_path, monkeypatch):
    (tmp_path / "cc").write_bytes(b"\0\1\2")
    (tmp_path / "cc").chmod(0o755)
    monkeypatch.setenv("CXX", str(tmp_path / "cc"))
    with pytest.raises(RequirementError, match=r"cc compiles no program \(Exec format error"):
        CppTarget().toolchain(P)


@needs_gpp
def test_a_compiler_older_than_the_processor_compiles_for_what_it_knows(
    own_cache, tmp_path, monkeypatch
):
    monkeypatch.setenv("CXX", program(tmp_path / "old", without("-march=native")))
    monkeypatch.setattr(compiler, "processor", lambda: "flags: avx2 bmi1 bmi2 f16c fma movbe sse")
    facts = CppTarget().toolchain(P)
    assert facts["march"] in ("-march=x86-64-v3", "-mcpu=native")
    assert CppTarget().toolchain(with_values(P, {"build.native": False}))["march"] == ""


@needs_gpp
def test_a_compiler_is_tried_once(own_cache, tmp_path, monkeypatch):
    count = tmp_path / "count"
    body = f'[ "$1" = --version ] || echo x >> {count}; exec {REAL} "$@"'
    monkeypatch.setenv("CXX", program(tmp_path / "counting", body))
    first = CppTarget().toolchain(P)
    tried = count.read_text()
    assert CppTarget().toolchain(P) == first
    assert count.read_text() == tried
    monkeypatch.setenv("CXXFLAGS", "-Wall")
    assert CppTarget().toolchain(P) == first | {"CXXFLAGS": "-Wall"}
    assert count.read_text() > tried


@needs_gpp
def test_a_launcher_may_stand_before_the_compiler(own_cache, tmp_path, monkeypatch):
    """Through CMake, with a flag of the user's, and the compiler alone for nvcc."""
    seen = tmp_path / "seen"
    ccache = program(tmp_path / "bin" / "ccache", f'echo "$@" >> {seen}; exec "$@"')
    monkeypatch.setenv("PATH", f"{Path(ccache).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CXX", "ccache g++")
    monkeypatch.setenv("CXXFLAGS", "-DANSWER=42")
    found = compiler.find_compiler()
    assert found.command == (ccache, "g++")
    assert found.alone == tools.which("g++")
    assert "g++" in found.version.lower()
    source = tmp_path / "source"
    source.mkdir()
    (source / "sources.txt").write_text("main.cpp\n")
    (source / "main.cpp").write_text("int main() { return ANSWER; }\n")
    compile_folder(source, tmp_path / "build", {"PFC_SIMD": False}, lambda done: None)
    assert subprocess.run([tmp_path / "build" / "main"], check=False).returncode == 42
    assert [p.name for p in (tmp_path / "build").glob("main*")] == ["main"]
    assert "-DANSWER=42 -w -O3" in (tmp_path / "build" / "flags.txt").read_text()
    assert any("main.cpp" in line and "-O3" in line for line in seen.read_text().splitlines())
    # and where CMake's own variable names it
    seen.unlink()
    monkeypatch.setenv("CXX", "g++")
    monkeypatch.setenv("CMAKE_CXX_COMPILER_LAUNCHER", ccache)
    compile_folder(source, tmp_path / "again", {"PFC_SIMD": False}, lambda done: None)
    assert any("main.cpp" in line and "-O3" in line for line in seen.read_text().splitlines())


def test_what_the_user_adds_names_the_build(own_cache, monkeypatch):
    plain = compiler.find_compiler().facts()
    assert set(plain) == {"compiler"}
    monkeypatch.setenv("LDFLAGS", "-L/usr/lib")
    assert compiler.find_compiler().facts() == plain | {"LDFLAGS": "-L/usr/lib"}
    assert CppTarget().toolchain(P)["LDFLAGS"] == "-L/usr/lib"
    assert CythonTarget().toolchain(P)["LDFLAGS"] == "-L/usr/lib"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["[1/2] x", "x.cpp:3:1: error: no", "ninja: build stopped"], "x.cpp:3:1: error: no"),
        (["/usr/bin/ld: x.o: undefined reference to `f'", "collect2: error: ld returned 1"],
         "/usr/bin/ld: x.o: undefined reference to `f'"),
        (["/usr/bin/ld: cannot find -lx: No such file", "collect2: error: ld returned 1"],
         "/usr/bin/ld: cannot find -lx: No such file"),
        (["-- x", "CMake Error at CMakeLists.txt:76 (target_compile_features):",
          "  target_compile_features no known features for CXX compiler", "", '  "true"'],
         "CMake Error at CMakeLists.txt:76 (target_compile_features): target_compile_features no "
         'known features for CXX compiler  "true"'),
        (["the last"], "the last"),
        ([], "no output"),
    ],
)  # fmt: skip
def test_the_reason_is_found(lines, expected):
    assert tools.first_error(lines) == expected


def test_names_that_tools_misread_are_built_elsewhere(tmp_path, monkeypatch):
    for name in ("a b", "a;b", "a[1]", "a|b", "a'b", 'a"b', "a\\b", "é", "a$b", "a#b"):
        odd = tmp_path / name
        odd.mkdir()
        with cmake_build.workshop(odd) as work:
            assert odd not in work.parents
            assert work.is_dir()
        assert not work.exists()
    with cmake_build.workshop(tmp_path) as work:
        assert work.parent == tmp_path
    monkeypatch.setattr(cmake_build, "_HARMLESS", cmake_build.re.compile("nothing"))
    with (
        pytest.raises(RequirementError, match="whose name may hold ASCII letters"),
        cmake_build.workshop(tmp_path),
    ):
        pass


# ------------------------------------------------------------------------------- stray files
@pytest.fixture
def copied_project(tmp_path, monkeypatch):
    """A copy of the project's source, which decides digests."""
    copy = tmp_path / "project"
    for name in ("pfc_standalone", "build_targets"):
        shutil.copytree(PROJECT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "CMakeLists.txt", copy)
    monkeypatch.setattr(sources, "PROJECT", copy)
    return copy


def test_what_editors_leave_decides_nothing(copied_project):
    before = NumpyTarget().source_digest(P)
    for folder in ("pfc_standalone/models", "build_targets/building", "build_targets"):
        (copied_project / folder / ".#cache.py").symlink_to("me@machine.1234")
        (copied_project / folder / "#cache.py#").write_text("half")
        (copied_project / folder / "cache.py~").write_text("old")
        (copied_project / folder / "folder.py").mkdir()
    templates = copied_project / "build_targets" / "devices" / "templates"
    for name in ("sub", "sub.cpp"):
        (templates / name).mkdir()
    (templates / ".#reset.cu").symlink_to("me@machine.1234")
    assert NumpyTarget().source_digest(P) == before
    (templates / "reset.cu").write_text("changed")
    assert NumpyTarget().source_digest(P) != before


def test_a_source_that_cannot_be_read_is_one_sentence(copied_project):
    dangling = copied_project / "pfc_standalone" / "models" / "other.py"
    dangling.symlink_to("nowhere.py")
    with pytest.raises(TargetError) as caught:
        CudaTarget().source_digest(P)
    assert str(caught.value) == (
        f"{dangling} decides what is built and cannot be read (No such file or directory): make "
        "it readable, or move it away"
    )
    dangling.unlink()
    templates = copied_project / "build_targets" / "devices" / "templates"
    templates.rename(templates.with_name("gone"))
    with pytest.raises(TargetError, match=f"{templates} decides what is built and cannot be read"):
        CppTarget().source_digest(P)
    templates.with_name("gone").rename(templates)
    (copied_project / "CMakeLists.txt").unlink()
    with pytest.raises(TargetError, match="cannot be read"):
        CppTarget().source_digest(P)


def test_an_entry_point_of_a_package_that_is_gone_decides_nothing(tmp_path, monkeypatch):
    before = NumpyTarget().source_digest(P)
    gone = tmp_path / "gone-1.dist-info"
    gone.mkdir()
    (gone / "METADATA").write_text("Metadata-Version: 2.1\nName: gone\nVersion: 1\n")
    (gone / "entry_points.txt").write_text("[pfc_standalone.models]\nlost = gone.model:MODEL\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert NumpyTarget().source_digest(P) == before


def test_an_installation_has_every_file_of_the_packages(tmp_path):
    """Templates and headers too, without which nothing can be built."""
    packages, files = ("pfc_standalone", "build_targets"), ("CMakeLists.txt", "README.md")
    skipped = shutil.ignore_patterns("__pycache__")
    for name in packages:
        shutil.copytree(PROJECT / name, tmp_path / "source" / name, ignore=skipped)
    for name in (*files, "pyproject.toml", "setup.py"):
        shutil.copy(PROJECT / name, tmp_path / "source")
    subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build_py", "--build-lib", tmp_path / "installed"],
        cwd=tmp_path / "source", check=True,
    )  # fmt: skip

    def inside(root: Path) -> set[Path]:
        return {p.relative_to(root) for n in packages for p in (root / n).rglob("*") if p.is_file()}

    expected = inside(tmp_path / "source") | {Path("build_targets/cmake/CMakeLists.txt")}
    assert inside(tmp_path / "installed") == expected
