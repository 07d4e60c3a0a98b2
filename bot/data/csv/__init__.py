"""CSV files of other hands: their header, cells and dates, and the formats in which people have prices."""
