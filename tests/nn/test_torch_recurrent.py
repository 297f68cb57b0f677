"""Recurrent layers beside PyTorch's, weights copied."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.nn import GRU, LSTM, RNN, Bidirectional, RecurrentStack

torch = pytest.importorskip(
    "torch", reason="PyTorch is compared with where it is installed: pip install '.[torch]'"
)

N_INPUTS, N_HIDDEN, N_ROWS, N_STEPS = 5, 37, 7, 6
OURS = {"rnn": RNN, "rnn-relu": RNN, "gru": GRU, "lstm": LSTM}
# Places of our gates i, f, o, g among PyTorch's i, f, g, o.
ORDERS = {"rnn": [0], "rnn-relu": [0], "gru": [0, 1, 2], "lstm": [0, 1, 3, 2]}


def make_ours(name, n_inputs, generator):
    more = {"activation": "relu"} if name == "rnn-relu" else {}
    layer = OURS[name](n_inputs, N_HIDDEN, generator=generator, **more)
    biases = [layer.bias] if name != "gru" else [layer.bias, layer.hidden_bias]
    for bias in biases:
        bias.value[:] = generator.standard_normal(bias.value.shape)
    return layer


def make_theirs(name, n_layers, bidirectional):
    more = {"nonlinearity": "relu"} if name == "rnn-relu" else {}
    kind = {"gru": torch.nn.GRU, "lstm": torch.nn.LSTM}.get(name, torch.nn.RNN)
    return kind(N_INPUTS, N_HIDDEN, n_layers, batch_first=True, bidirectional=bidirectional, **more)


def turn(name, ours):
    """Return an array of ours (n, gates * H) in the order and the shape of theirs."""
    gates = np.split(ours, len(ORDERS[name]), axis=-1)
    return np.concatenate([gates[at] for at in ORDERS[name]], axis=-1).T


def list_pairs(name, layer, theirs, suffix):
    """Yield what to call it, our parameters' arrays (function of value or gradient) and theirs."""
    W, U = (getattr(theirs, f"weight_{which}_{suffix}") for which in ("ih", "hh"))
    b, c = (getattr(theirs, f"bias_{which}_{suffix}") for which in ("ih", "hh"))
    yield "W", lambda get: turn(name, get(layer.input_weight)), W
    yield "U", lambda get: turn(name, get(layer.hidden_weight)), U
    yield "b", lambda get: turn(name, get(layer.bias)), b
    if name == "gru":  # of their second bias we keep the candidate's part
        yield (
            "c",
            lambda get: np.concatenate(
                [np.zeros(2 * N_HIDDEN, np.float32), get(layer.hidden_bias)]
            ),
            c,
        )


def copy_weights(pairs):
    with torch.no_grad():
        for _, take, parameter in pairs:
            parameter.copy_(torch.tensor(take(lambda p: p.value).copy()))


def check(name, pairs, ours, theirs, lengths):
    """Compare outputs and last states, and all gradients from random gradients at both."""
    generator = np.random.default_rng(6)
    x = generator.standard_normal((N_ROWS, N_STEPS, N_INPUTS)).astype(np.float32)
    x_theirs = torch.tensor(x, requires_grad=True)
    y, end, back = ours.run(x, None, False, lengths)
    given = x_theirs
    if lengths is not None:
        given = torch.nn.utils.rnn.pack_padded_sequence(
            given, torch.tensor(lengths), batch_first=True, enforce_sorted=False
        )
    y_theirs, end_theirs = theirs(given)
    if lengths is not None:
        y_theirs, _ = torch.nn.utils.rnn.pad_packed_sequence(
            y_theirs, batch_first=True, total_length=N_STEPS
        )
    np.testing.assert_allclose(y, y_theirs.detach().numpy(), atol=1e-5)
    ends = end if isinstance(end, list) else [end]
    stacked = np.stack(ends, axis=1) if name == "lstm" else np.stack(ends)[None]
    their_ends = end_theirs if name == "lstm" else [end_theirs]
    for our, their in zip(stacked, their_ends, strict=True):
        np.testing.assert_allclose(our, their.detach().numpy(), atol=1e-5)

    gradient = generator.standard_normal(y.shape).astype(np.float32)
    at_ends = generator.standard_normal(stacked.shape).astype(np.float32)
    ours_at_ends = [at_ends[:, k] if name == "lstm" else at_ends[0, k] for k in range(len(ends))]
    at_x, _ = back(gradient, ours_at_ends if isinstance(end, list) else ours_at_ends[0])
    total = (y_theirs * torch.tensor(gradient)).sum()
    for their, at in zip(their_ends, at_ends, strict=True):
        total = total + (their * torch.tensor(at)).sum()
    total.backward()
    np.testing.assert_allclose(at_x, x_theirs.grad.numpy(), atol=1e-5)
    for what, take, parameter in pairs:
        found, expected = take(lambda p: p.gradient), parameter.grad.numpy()
        if what == "c":
            found, expected = found[2 * N_HIDDEN :], expected[2 * N_HIDDEN :]
        scale = max(1.0, np.abs(expected).max())
        np.testing.assert_allclose(found / scale, expected / scale, atol=1e-5, err_msg=what)


def zero_second_biases(name, theirs):
    if name != "gru":
        with torch.no_grad():
            for key, parameter in theirs.named_parameters():
                if key.startswith("bias_hh"):
                    parameter.zero_()


@pytest.mark.parametrize("lengths", [None, [6, 1, 3, 6, 2, 5, 4]])
@pytest.mark.parametrize("name", OURS)
def test_one_layer(name, lengths):
    ours, theirs = make_ours(name, N_INPUTS, np.random.default_rng(1)), make_theirs(name, 1, False)
    zero_second_biases(name, theirs)
    pairs = list(list_pairs(name, ours, theirs, "l0"))
    copy_weights(pairs)
    stack = RecurrentStack(ours)
    check(name, pairs, stack, theirs, lengths and np.array(lengths))


@pytest.mark.parametrize("lengths", [None, [6, 1, 3, 6, 2, 5, 4]])
@pytest.mark.parametrize("name", OURS)
def test_two_layers(name, lengths):
    generator = np.random.default_rng(1)
    layers = [make_ours(name, N_INPUTS, generator), make_ours(name, N_HIDDEN, generator)]
    theirs = make_theirs(name, 2, False)
    zero_second_biases(name, theirs)
    pairs = [p for at in (0, 1) for p in list_pairs(name, layers[at], theirs, f"l{at}")]
    copy_weights(pairs)
    check(name, pairs, RecurrentStack(*layers), theirs, lengths and np.array(lengths))


@pytest.mark.parametrize("lengths", [None, [6, 1, 3, 6, 2, 5, 4]])
@pytest.mark.parametrize("name", OURS)
def test_bidirectional(name, lengths):
    generator = np.random.default_rng(1)
    layers = [make_ours(name, N_INPUTS, generator), make_ours(name, N_INPUTS, generator)]
    theirs = make_theirs(name, 1, True)
    zero_second_biases(name, theirs)
    pairs = [
        pair
        for layer, suffix in zip(layers, ("l0", "l0_reverse"), strict=True)
        for pair in list_pairs(name, layer, theirs, suffix)
    ]
    copy_weights(pairs)
    check(name, pairs, Bidirectional(*layers), theirs, lengths and np.array(lengths))
