"""Recurrent layers: the loops over time, each one compiled function from first step to last.

- `product`: what all steps share, the product of a batch's rows with a packed matrix;
- `activation`: sigmoid and tanh as vector code;
- `rows`: states handed on, lengths, dropout of the recurrent input;
- `rnn`, `gru`, `gru_before`, `lstm`: the steps, forward and back.
"""
