"""The constructs of wikitext, one file each; `embedrec.text.wikitext` puts them in order."""
