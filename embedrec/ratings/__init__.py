"""Ratings and clicks: who gave what to which item; read, checked, split."""
