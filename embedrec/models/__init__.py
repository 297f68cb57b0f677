"""Things with fit()."""
