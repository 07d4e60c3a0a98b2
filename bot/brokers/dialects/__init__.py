"""How each venue is asked, and what its answers mean: pure, one venue a file."""
