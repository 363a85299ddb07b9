"""The closure: everything that can come to be controlled, from where one starts."""
