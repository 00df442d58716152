"""Pure mathematics, one file a question: it knows counts and probabilities, and nothing of phones, arms or lines.

Evidence that may be looked at as often as one likes: `evidence`, `escapes`, `pairs`, `anytime`. Planned before:
`planned`, `two_rates`. As tools in use do it: `thresholds`, `kayenta`. For display: `bayes`. How sure a number is:
`intervals`, `ratios`. How long until a false alarm: `run_lengths`, `event_walk`, `two_samples`. Without labels: `cbpe`.
Whether a line keeps up: `stability`.
"""
