"""The shared layer module: layers that return their own backward, losses, optimisers, a trainer.

model = Chain(Dense(784, 256), Relu(), Dense(256, 10))
loss = SoftmaxCrossEntropy()
y, back = model.forward(x, train=generator)
value, back_of_loss = loss.forward(y, labels)
back(back_of_loss())  # every parameter's gradient has grown by its part
optimizer.step()
"""

from embedrec.nn.compose import Chain
from embedrec.nn.dense import Dense
from embedrec.nn.gradcheck import GradientReport, check_gradients
from embedrec.nn.layer import Backward, Layer, Train
from embedrec.nn.loss import Loss
from embedrec.nn.parameter import Parameter, RowGradient
from embedrec.nn.storage import load_parameters, save_parameters

__all__ = [
    "Backward",
    "Chain",
    "Dense",
    "GradientReport",
    "Layer",
    "Loss",
    "Parameter",
    "RowGradient",
    "Train",
    "check_gradients",
    "load_parameters",
    "save_parameters",
]
