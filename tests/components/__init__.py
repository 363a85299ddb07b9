"""Tests of the components and the program, with the real engine on the local cloud."""
