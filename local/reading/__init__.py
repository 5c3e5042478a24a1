"""The reader of the scorer layer with what only a person's own machine needs: spreadsheets, encodings, guesses."""
