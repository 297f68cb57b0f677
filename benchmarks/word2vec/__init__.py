"""Word2vec beside its peers: speed, memory, scores, scaling, distance from the machine's limits.

`python -m benchmarks.run word2vec CORPUS --language en|zh` runs all of it; see `benchmarks/run.py`.
"""
