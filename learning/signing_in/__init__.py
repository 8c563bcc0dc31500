"""How people prove who they are: PINs, pictures, one-use codes, passphrases, and their hashes."""
