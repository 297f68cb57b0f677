"""From a history and a model to a ranked list."""
