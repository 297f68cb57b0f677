"""Networks: how well they learn (`mnist`), and how fast their training steps are (`steps`)."""
