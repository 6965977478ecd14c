"""A second opinion on every figure: summaries worked out again from the facts by code that shares nothing with the first."""
