"""Models of ratings and clicks: RBMs over rated items, their hybrids and blends, and biases."""
