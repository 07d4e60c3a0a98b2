"""Run the rotation over many parameter sets with compiled code."""
