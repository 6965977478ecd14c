"""The commands of `course` that are more than a few lines; `course.cli` puts them together."""
