"""Shows what a file of accounts holds before it is used: what each column was taken for, and who could be scored."""
