"""From raw dumps and files to sentences of words.

The way of a document: `source` reads it, `wikitext` and `conversion` take the markup off, `script`
converts characters, `sentences` splits, `segment` cuts into words, `token_rule` drops what is not
wanted. `pipeline` joins all that for corpora and queries.
"""
