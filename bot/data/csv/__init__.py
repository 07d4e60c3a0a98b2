"""CSV files from elsewhere: header, cells, dates, and the formats that are read."""
