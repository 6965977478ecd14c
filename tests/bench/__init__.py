"""Measurements: ratios to a bare Flask application on the same server and core, in one run."""
