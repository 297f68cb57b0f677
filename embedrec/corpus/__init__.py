"""From sentences of words to integer ids on disk."""
