"""From raw dumps and files to sentences of words."""
