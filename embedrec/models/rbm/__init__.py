"""Restricted Boltzmann machines with binary, Gaussian and softmax visible units."""

from __future__ import annotations

from embedrec.models.rbm.annealing import PartitionEstimate, estimate_log_partition
from embedrec.models.rbm.binary import BinaryUnits
from embedrec.models.rbm.gaussian import GaussianUnits
from embedrec.models.rbm.machine import Machine
from embedrec.models.rbm.model import RBM
from embedrec.models.rbm.partition import compute_log_partition
from embedrec.models.rbm.softmax import SoftmaxUnits
from embedrec.models.rbm.units import VisibleUnits

__all__ = [
    "RBM",
    "BinaryUnits",
    "GaussianUnits",
    "Machine",
    "PartitionEstimate",
    "SoftmaxUnits",
    "VisibleUnits",
    "compute_log_partition",
    "estimate_log_partition",
]
