"""The sending half of the desk: drafts and their wizard, the tracking board, the registers."""
