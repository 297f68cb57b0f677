"""Language models: n-grams, and what all language models share."""
