"""Deep Boltzmann machines: several layers of hidden units above visible ones of any kind."""

from __future__ import annotations

from embedrec.models.dbm.mean_field import compute_bound, infer
from embedrec.models.dbm.model import DBM
from embedrec.models.dbm.net import Net

__all__ = ["DBM", "Net", "compute_bound", "infer"]
