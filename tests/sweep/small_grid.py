"""A grid of eight sets, and the plan and the comparison of a small sweep."""

GRID = """
rotation.breakout.confirm_closes: [3, 5]
rotation.gates.relative_strength: [true, false]
costs.fee: [0.0, 0.002]
"""

PLAN = {"sampler": "grid", "count": 2, "days": ["2104-01-01", "2104-12-31"]}
COMPARISON = {
    "default": {"total_return": 0.1, "sharpe": None},
    "random_timing": {"low": 0.0, "median": 0.1, "high": 0.2, "at_least_as_well": 0.5, "shifts": 200},
}
