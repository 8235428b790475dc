"""The rules, one module a family; every module here is read, so a new rule needs no other edit."""
