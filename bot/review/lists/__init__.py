"""Round trips, orders and episodes as lists with filters."""
