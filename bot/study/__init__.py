"""The honest test: does the thesis hold, and how sure can anyone be?"""
