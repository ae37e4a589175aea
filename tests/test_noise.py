"""The random numbers and the exponential, against published vectors and each other."""

from __future__ import annotations

import math
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from build_targets.building.compiler import find_compiler
from pfc_standalone import noise as registry
from pfc_standalone.noise.functions import counter_uniform as threefry
from pfc_standalone.noise.functions.bernoulli_pair import bernoulli_pair
from pfc_standalone.noise.functions.counter_uniform import counter_uniform
from pfc_standalone.noise.functions.exp_portable import exp_portable
from pfc_standalone.noise.functions.pair_member import pair_member
from pfc_standalone.noise.functions.poisson_pair import (
    POISSON_MAX_COUNT,
    poisson_pair,
    poisson_thresholds,
)

# Random123 (Salmon et al. 2011), kat_vectors: counter, key, result of threefry2x32 with 20 rounds.
KNOWN_ANSWERS = [
    ((0x00000000, 0x00000000), (0x00000000, 0x00000000), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_threefry_known_answers(counter, key, expected):
    x0, x1 = threefry.threefry2x32(*counter, *key)
    assert (int(x0[0]), int(x1[0])) == expected


@pytest.fixture(scope="module")
def cpp_program(tmp_path_factory):
    """The C++ implementations in a small program: reads arguments, prints results exactly."""
    folder = tmp_path_factory.mktemp("noise")
    functions = registry.brian_functions()
    code = "\n".join(f.implementations["cpp"].get_code(None) for f in functions.values())
    source = folder / "noise.cpp"
    source.write_text(
        "#include <cmath>\n#include <cstdint>\n#include <cstdio>\n#include <cstring>\n"
        + code
        + r"""
int main() {
    char what; double a, b, c, d, e, x[6];
    while (std::scanf(" %c %lf %lf %lf %lf %lf", &what, &a, &b, &c, &d, &e) == 6) {
        for (double& value : x) std::scanf("%lf", &value);
        double r = what == 'u' ? counter_uniform(a, b, c, d, e)
                 : what == 'p' ? poisson_pair(a, b, c, d, e, x[0], x[1], x[2], x[3], x[4], x[5])
                 : what == 'b' ? bernoulli_pair(a, b, c, d, e, x[0])
                 : what == 'f' ? exp_portable((float)a) : exp_portable(a);
        std::printf("%a\n", r);
    }
}
"""
    )
    binary = folder / "noise"
    flags = ["-O3", "-ffp-contract=off", "-std=c++17"]
    command = [*find_compiler().command, *flags, "-o", binary, source]
    subprocess.run(command, check=True)
    return binary


def run_cpp(binary: Path, what: str, *arguments: np.ndarray) -> np.ndarray:
    columns = np.broadcast_arrays(*arguments, *[np.zeros(1)] * (11 - len(arguments)))
    lines = "\n".join(
        f"{what} " + " ".join(float(x).hex() for x in row) for row in zip(*columns, strict=True)
    )
    done = subprocess.run([binary], input=lines, capture_output=True, text=True, check=True)
    return np.array([float.fromhex(line) for line in done.stdout.split()])


def test_cpp_uniform_known_answers(cpp_program):
    # counter = (step, stream and neuron), key = (seed, replicate)
    for (step, word1), (seed, replicate), (x0, _) in KNOWN_ANSWERS:
        stream, neuron = word1 >> threefry.STREAM_SHIFT, word1 % 2**threefry.STREAM_SHIFT
        values = [np.array([float(v)]) for v in (seed, replicate, stream, neuron, step)]
        assert run_cpp(cpp_program, "u", *values)[0] == (x0 + 0.5) / 2**32


def test_cpp_and_numpy_give_the_same_bits(cpp_program):
    rng = np.random.default_rng(1)
    n = 5000
    arguments = [rng.integers(0, high, n) for high in (2**31, 64, 3, 2**22, 2**31)]
    uniform = counter_uniform(*arguments)
    assert (run_cpp(cpp_program, "u", *arguments) == uniform).all()

    above = poisson_thresholds(0.24)
    pair = poisson_pair(*arguments, *above)
    assert pair_member(pair, 0).max() >= 3
    assert pair_member(pair, 1).max() >= 3
    assert (run_cpp(cpp_program, "p", *arguments, *above) == pair).all()

    probability = rng.uniform(0, 0.1, n)
    events = bernoulli_pair(*arguments, probability)
    assert set(np.unique(events)) == {0, 1, 2**16, 2**16 + 1}
    assert (run_cpp(cpp_program, "b", *arguments, probability) == events).all()
    first, _ = threefry.counter_words(*arguments)
    at_the_word = (first + 0.5) / 2**32
    edges = [at_the_word, np.nextafter(at_the_word, 0), np.nextafter(at_the_word, 1)]
    edges += [np.full(n, p) for p in (0.0, -1.0, 1e-300, 2.0**-33, 1 - 2.0**-34, 1.0, 7.0, np.nan)]
    for probability in edges:
        events = bernoulli_pair(*arguments, probability)
        assert (run_cpp(cpp_program, "b", *arguments, probability) == events).all()

    x = np.concatenate([rng.uniform(-1, 1, n), rng.uniform(-750, 710, n)])
    assert (run_cpp(cpp_program, "e", x) == exp_portable(x)).all()


def test_uniform_is_uniform_and_independent():
    n = 100_000
    by_neuron = counter_uniform(7, 0, 0, np.arange(n), 3)
    by_step = counter_uniform(7, 0, 0, 11, np.arange(n))
    by_replicate = counter_uniform(7, np.arange(n), 0, 11, 3)
    for u in (by_neuron, by_step, by_replicate):
        assert stats.kstest(u, "uniform").pvalue > 1e-3
        assert abs(np.corrcoef(u[1:], u[:-1])[0, 1]) < 4 / math.sqrt(n)
    assert abs(np.corrcoef(by_neuron, by_step)[0, 1]) < 4 / math.sqrt(n)
    other_stream = counter_uniform(7, 0, 1, np.arange(n), 3)
    assert abs(np.corrcoef(by_neuron, other_stream)[0, 1]) < 4 / math.sqrt(n)


@pytest.mark.parametrize("mean", [0.0, 0.05, 0.24, 0.25])
def test_poisson_pair_is_the_poisson_quantile_of_both_words(mean):
    neurons = np.arange(200_000)
    pair = poisson_pair(7, 3, 1, neurons, 5, *poisson_thresholds(mean))
    for which, word in enumerate(threefry.counter_words(7, 3, 1, neurons, 5)):
        uniform = (word + 0.5) / 2**32
        expected = stats.poisson.ppf(uniform, mean)
        assert (pair_member(pair, which) == np.minimum(expected, POISSON_MAX_COUNT)).all()


def test_events_have_their_probability_in_both_steps_independently():
    n, p = 1_000_000, 0.02
    events = bernoulli_pair(3, 0, 1, np.arange(n), 8, p)
    first, second = (pair_member(events, which) for which in (0, 1))
    for count, expected in ((first, p), (second, p), (first * second, p * p)):
        assert abs(count.mean() - expected) < 4 * math.sqrt(expected / n)


def test_exp_portable_is_exp():
    x = np.linspace(-700, 700, 1_000_001)
    assert np.abs(exp_portable(x) / np.exp(x) - 1).max() < 5e-16
    assert exp_portable(-1e6) == exp_portable(-700.0) < 1e-300


def test_single_precision_has_an_exponential_of_its_own(cpp_program):
    x = np.linspace(-86, 86, 50_001).astype(np.float32).astype(np.float64)
    error = run_cpp(cpp_program, "f", x) / np.exp(x) - 1
    assert 0 < np.abs(error).max() < 2.5e-7  # two units in the last place of a float
