"""Optimisers: from gradients to new values, in place, one pass over memory for each parameter.

With g the gradient, r the learning rate, t the number of the step from 1:

    SGD       w -= r g
    Momentum  v = m v + g;  w -= r v                                  (Polyak 1964)
    Nesterov  v = m v + g;  w -= r (g + m v)          (Sutskever et al. 2013, as a step at w)
    AdaGrad   s += g^2;  w -= r g / (sqrt(s) + e)                     (Duchi et al. 2011)
    RMSProp   s = d s + (1 - d) g^2;  w -= r g / (sqrt(s) + e)        (Tieleman and Hinton 2012)
    Adam      m = b1 m + (1 - b1) g;  s = b2 s + (1 - b2) g^2
              w -= r (m / (1 - b1^t)) / (sqrt(s / (1 - b2^t)) + e)    (Kingma and Ba 2015, alg. 1)
    AdamW     w *= 1 - r d first, then as Adam                        (Loshchilov and Hutter 2019)

A gradient by rows updates those rows only and leaves the others' value and state as they are: their
velocity does not coast and their means do not fade. For SGD and AdaGrad this is the same as with a
dense gradient; for the others it is the usual lazy form, in which a row lives in its own time but
for the corrections 1 - b^t of Adam, which count all steps.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from embedrec.errors import ParameterError
from embedrec.nn.optimizer import Optimizer, check_number, check_share


@dataclass
class SGD(Optimizer):
    """Stochastic gradient descent."""

    def list_numbers(self, rate: float) -> tuple[float, ...]:
        """Return the learning rate."""
        return (rate,)


@dataclass
class Momentum(Optimizer):
    """Gradient descent with momentum."""

    slot_names = ("velocity",)
    momentum: float = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share(self, "momentum")

    def list_numbers(self, rate: float) -> tuple[float, ...]:
        """Return the learning rate and the momentum."""
        return rate, self.momentum


@dataclass
class Nesterov(Momentum):
    """Gradient descent with Nesterov's momentum."""


@dataclass
class AdaGrad(Optimizer):
    """AdaGrad: each number has a rate that falls with the sum of its squared gradients."""

    slot_names = ("squares",)
    epsilon: float = 1e-10

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number(self, "epsilon", lambda value: value > 0, "above 0")

    def list_numbers(self, rate: float) -> tuple[float, ...]:
        """Return the learning rate and what is added to the root."""
        return rate, self.epsilon


@dataclass
class RMSProp(Optimizer):
    """RMSProp: as AdaGrad with a fading mean of squares in place of the sum."""

    slot_names = ("squares",)
    learning_rate: float = 0.001
    decay: float = 0.9
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share(self, "decay")
        check_number(self, "epsilon", lambda value: value > 0, "above 0")

    def list_numbers(self, rate: float) -> tuple[float, ...]:
        """Return the learning rate, the decay, 1 - decay, and what is added to the root."""
        return rate, self.decay, 1 - self.decay, self.epsilon


@dataclass
class Adam(Optimizer):
    """Adam: fading means of gradients and of their squares, both corrected for their start at 0."""

    slot_names = ("mean", "squares")
    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share(self, "beta1")
        check_share(self, "beta2")
        check_number(self, "epsilon", lambda value: value > 0, "above 0")

    def find_kernel(self) -> str:
        """Return Adam's kernel, which is AdamW's too."""
        return "step_adam"

    def find_keep(self, rate: float) -> float:
        """Return what values are multiplied by before the step."""
        return 1.0

    def list_numbers(self, rate: float) -> tuple[float, ...]:
        """Return the kernel's numbers, with the corrections of this step in them."""
        first, second = 1 - self.beta1**self.n_steps, 1 - self.beta2**self.n_steps
        decays = self.beta1, 1 - self.beta1, self.beta2, 1 - self.beta2
        return rate / first, self.find_keep(rate), *decays, second**-0.5, self.epsilon


@dataclass
class AdamW(Adam):
    """Adam with decay of weights apart from the gradient; biases decay too, as in the paper."""

    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number(self, "weight_decay", lambda value: value >= 0, "0 or more")

    def find_keep(self, rate: float) -> float:
        """Return 1 - rate * weight_decay."""
        return 1 - rate * self.weight_decay


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adam": Adam,
    "adamw": AdamW,
}


def make_optimizer(optimizer: str | Optimizer, learning_rate: float | None = None) -> Optimizer:
    """Return an optimiser that has taken no step, of a name or with another one's settings.

    Args:
        optimizer: "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", or one.
        learning_rate: in place of the optimiser's own; None to leave that.

    Raises:
        ParameterError: if there is no such optimiser.
    """
    if isinstance(optimizer, Optimizer):
        made = optimizer.copy()
    elif isinstance(optimizer, str) and optimizer in OPTIMIZERS:
        made = OPTIMIZERS[optimizer]()
    else:
        raise ParameterError(
            f"optimizer must be one of {', '.join(OPTIMIZERS)}, or an Optimizer, not {optimizer!r}",
            value=optimizer,
        )
    if learning_rate is not None:
        made = dataclasses.replace(made, learning_rate=learning_rate)
    return made
