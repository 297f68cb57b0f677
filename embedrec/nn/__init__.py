"""The shared layer module: layers that return their own backward, losses, optimisers, a trainer.

model = Chain(Dense(784, 256), Relu(), Dense(256, 10))
loss = SoftmaxCrossEntropy()
y, back = model.forward(x, train=generator)
value, back_of_loss = loss.forward(y, labels)
back(back_of_loss())  # every parameter's gradient has grown by its part
optimizer.step(model)
"""

from embedrec.nn.activation import (
    ACTIVATIONS,
    Identity,
    LeakyRelu,
    Relu,
    Sigmoid,
    Softplus,
    Step,
    Tanh,
    make_activation,
)
from embedrec.nn.averaging import Averaging, WeightAverage
from embedrec.nn.bidirectional import Bidirectional
from embedrec.nn.callback import Callback, EpochReport, History, StepReport
from embedrec.nn.clip import clip_by_norm, clip_by_value, measure_norm, scale_gradients
from embedrec.nn.compose import AuxiliaryOutput, Chain, Concatenation, Residual
from embedrec.nn.conv import Conv1D, Conv2D
from embedrec.nn.conv_max import ConvMaxOverTime
from embedrec.nn.dense import Dense
from embedrec.nn.dropout import Dropout
from embedrec.nn.embedding import Embedding
from embedrec.nn.first import skip_input_gradient
from embedrec.nn.flatten import Flatten
from embedrec.nn.gradcheck import GradientReport, check_gradients
from embedrec.nn.gru import GRU
from embedrec.nn.hierarchical import HierarchicalSoftmax
from embedrec.nn.init import (
    INITIALIZERS,
    Initializer,
    draw_glorot_uniform,
    draw_he_normal,
    draw_orthogonal,
    draw_uniform,
    get_initializer,
    make_orthogonal,
    make_uniform,
)
from embedrec.nn.layer import (
    Backward,
    Layer,
    Train,
    cast_parameters,
    clear_gradients,
    count_parameters,
    iterate_parameters,
)
from embedrec.nn.loss import Loss
from embedrec.nn.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    GaussianLogLikelihood,
    LogLikelihood,
    SquaredError,
)
from embedrec.nn.lstm import LSTM
from embedrec.nn.noise import GaussianNoise, MaskingNoise
from embedrec.nn.optim import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
    make_optimizer,
)
from embedrec.nn.padded import Padded, pad_sequences
from embedrec.nn.parameter import Parameter, RowGradient
from embedrec.nn.pool import MaxOverTime, MaxPool1D, MaxPool2D, MeanPool1D, MeanPool2D
from embedrec.nn.prelu import Prelu
from embedrec.nn.recurrent import Recurrent, SequenceLayer
from embedrec.nn.recursive import Recursive
from embedrec.nn.regularize import (
    ActivationKL,
    ActivationL1,
    Penalized,
    add_penalty_gradients,
    measure_penalty,
)
from embedrec.nn.rnn import RNN
from embedrec.nn.sampled import NoiseContrastive, SampledSoftmax
from embedrec.nn.schedule import (
    Constant,
    CosineDecay,
    ExponentialDecay,
    InverseTime,
    LinearDecay,
    ReduceOnPlateau,
    Schedule,
    StepDecay,
    WarmUp,
    make_schedule,
)
from embedrec.nn.softmax import LogSoftmax, Softmax, SoftmaxCrossEntropy
from embedrec.nn.softmax_output import SoftmaxOutput
from embedrec.nn.stack import RecurrentStack
from embedrec.nn.stopping import EarlyStopping
from embedrec.nn.storage import load_parameters, save_parameters
from embedrec.nn.subsample import Subsampling
from embedrec.nn.tied import TiedDense
from embedrec.nn.trainer import Trainer, compute_loss
from embedrec.nn.tree import LabelledTree, Trees, arrange_trees, join_children, parse_tree
from embedrec.nn.word_noise import WordNoise

__all__ = [
    "ACTIVATIONS",
    "GRU",
    "INITIALIZERS",
    "LSTM",
    "RNN",
    "SGD",
    "ActivationKL",
    "ActivationL1",
    "AdaGrad",
    "Adam",
    "AdamW",
    "AuxiliaryOutput",
    "Averaging",
    "Backward",
    "Bidirectional",
    "BinaryCrossEntropy",
    "Callback",
    "Chain",
    "Concatenation",
    "Constant",
    "Conv1D",
    "Conv2D",
    "ConvMaxOverTime",
    "CosineDecay",
    "CrossEntropy",
    "Dense",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "EpochReport",
    "ExponentialDecay",
    "Flatten",
    "GaussianLogLikelihood",
    "GaussianNoise",
    "GradientReport",
    "HierarchicalSoftmax",
    "History",
    "Identity",
    "Initializer",
    "InverseTime",
    "LabelledTree",
    "Layer",
    "LeakyRelu",
    "LinearDecay",
    "LogLikelihood",
    "LogSoftmax",
    "Loss",
    "MaskingNoise",
    "MaxOverTime",
    "MaxPool1D",
    "MaxPool2D",
    "MeanPool1D",
    "MeanPool2D",
    "Momentum",
    "Nesterov",
    "NoiseContrastive",
    "Optimizer",
    "Padded",
    "Parameter",
    "Penalized",
    "Prelu",
    "RMSProp",
    "Recurrent",
    "RecurrentStack",
    "Recursive",
    "ReduceOnPlateau",
    "Relu",
    "Residual",
    "RowGradient",
    "SampledSoftmax",
    "Schedule",
    "SequenceLayer",
    "Sigmoid",
    "Softmax",
    "SoftmaxCrossEntropy",
    "SoftmaxOutput",
    "Softplus",
    "SquaredError",
    "Step",
    "StepDecay",
    "StepReport",
    "Subsampling",
    "Tanh",
    "TiedDense",
    "Train",
    "Trainer",
    "Trees",
    "WarmUp",
    "WeightAverage",
    "WordNoise",
    "add_penalty_gradients",
    "arrange_trees",
    "cast_parameters",
    "check_gradients",
    "clear_gradients",
    "clip_by_norm",
    "clip_by_value",
    "compute_loss",
    "count_parameters",
    "draw_glorot_uniform",
    "draw_he_normal",
    "draw_orthogonal",
    "draw_uniform",
    "get_initializer",
    "iterate_parameters",
    "join_children",
    "load_parameters",
    "make_activation",
    "make_optimizer",
    "make_orthogonal",
    "make_schedule",
    "make_uniform",
    "measure_norm",
    "measure_penalty",
    "pad_sequences",
    "parse_tree",
    "save_parameters",
    "scale_gradients",
    "skip_input_gradient",
]
