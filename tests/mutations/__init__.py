"""Does every test have teeth? Break the library one line at a time and see whether a test fails.

``python -m tests.mutations --help`` runs it; ``table.py`` holds the mutations.
"""
