"""One vendor a file: Yahoo, FRED, DefiLlama, exchanges, folders of CSV files."""
