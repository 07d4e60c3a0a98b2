"""One vendor a file: Yahoo, FRED, exchanges, folders of CSV files."""
