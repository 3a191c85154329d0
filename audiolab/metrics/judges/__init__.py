"""Trained judges of speech that nobody here trained, behind one interface: measured in jobs, kept by file."""
