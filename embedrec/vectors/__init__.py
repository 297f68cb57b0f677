"""What a trained embedding is to its user."""
