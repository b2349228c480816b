"""What the chapters share and the library does not need: figures, explorers, exercise checkers."""
