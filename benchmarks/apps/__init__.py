"""What a folder of applications holds, counted by a program that shares nothing with the scan."""
