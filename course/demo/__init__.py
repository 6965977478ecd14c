"""Synthetic learners, so that pages and reports have something to show."""
