"""A grid of eight sets."""

GRID = """
rotation.breakout.confirm_closes: [3, 5]
rotation.gates.relative_strength: [true, false]
costs.fee: [0.0, 0.002]
"""
