"""Why a day was traded or not, and what would have to change."""
