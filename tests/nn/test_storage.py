"""Parameters come back from disk bit for bit, or the layer stays as it was."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.errors import CorruptedError, InputError
from embedrec.nn import Chain, Dense, iterate_parameters, load_parameters, save_parameters


def make_network(sizes, seed=0, dtype=np.float32):
    generator = np.random.default_rng(seed)
    return Chain(*(Dense(*pair, generator=generator, dtype=dtype) for pair in pairwise(sizes)))


def copy_values(network):
    return {name: parameter.value.copy() for name, parameter in iterate_parameters(network)}


def assert_same(network, values):
    for name, parameter in iterate_parameters(network):
        assert np.array_equal(parameter.value, values[name])


@given(
    st.lists(st.integers(1, 6), min_size=2, max_size=4),
    st.sampled_from([np.float32, np.float64]),
    st.integers(0, 10**6),
)
@settings(max_examples=25)
def test_round_trip(sizes, dtype, seed):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "net.safetensors")
        network = make_network(sizes, seed, dtype)
        values = copy_values(network)
        checksum = save_parameters(path, network)
        assert checksum.startswith("sha256:")
        other = make_network(sizes, seed + 1, dtype)
        other.layers[0].weight.add_gradient(np.ones_like(other.layers[0].weight.value))
        load_parameters(path, other)
        assert_same(other, values)
        assert other.layers[0].weight.gradient is None
        assert save_parameters(path, other) == checksum


def test_what_was_loaded_can_be_trained_and_leaves_the_file_alone(tmp_path):
    network = make_network([3, 2])
    save_parameters(tmp_path / "net", network)
    before = (tmp_path / "net").read_bytes()
    load_parameters(tmp_path / "net", network)
    network.layers[0].weight.value += 1
    assert (tmp_path / "net").read_bytes() == before


def test_the_dtype_is_the_layers(tmp_path):
    save_parameters(tmp_path / "net", make_network([3, 2], dtype=np.float64))
    network = make_network([3, 2], seed=1)
    load_parameters(tmp_path / "net", network)
    assert network.layers[0].weight.value.dtype == np.float32


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([3, 2, 2], "has no parameter 'layers.1.bias'"),
        ([3, 4], r"'layers\.0\.weight' has shape \(3, 2\).*\(3, 4\)"),
    ],
)
def test_another_networks_file(tmp_path, sizes, message):
    save_parameters(tmp_path / "net", make_network([3, 2]))
    network = make_network(sizes, seed=1)
    values = copy_values(network)
    with pytest.raises(CorruptedError, match=f"{message}.*belongs to another network"):
        load_parameters(tmp_path / "net", network)
    assert_same(network, values)


def test_a_file_with_more_than_the_network(tmp_path):
    save_parameters(tmp_path / "net", make_network([3, 2, 2]))
    with pytest.raises(CorruptedError, match=r"has a parameter 'layers\.1\.bias'"):
        load_parameters(tmp_path / "net", make_network([3, 2]))


@pytest.mark.parametrize("kept", [0, 4, 30, -1])
def test_a_file_cut_short(tmp_path, kept):
    path = tmp_path / "net"
    save_parameters(path, make_network([3, 2]))
    path.write_bytes(path.read_bytes()[:kept])
    network = make_network([3, 2], seed=1)
    values = copy_values(network)
    with pytest.raises(CorruptedError):
        load_parameters(path, network)
    assert_same(network, values)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        load_parameters(tmp_path / "nowhere", make_network([3, 2]))
