"""One file a question; each writes its figures as JSON into results/."""
