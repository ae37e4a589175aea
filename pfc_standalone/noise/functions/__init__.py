"""The functions, a file each: in numpy, in C, and what Brian2 has to know, under `FUNCTION`."""
