"""What is in the accounts, against what the stacks' states and the model say: pure comparison."""
