"""What is proposed of accounts that were made by other means."""
