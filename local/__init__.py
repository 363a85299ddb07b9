"""A cloud on one machine: engine, language host, AWS provider over an emulator."""
