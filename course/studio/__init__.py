"""Storyboards → clips. Never part of a server: what it needs is installed by `./dev clips` alone."""
