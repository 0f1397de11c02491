"""One module for each kind of legacy system: rows with locators, never GraphQL, never the replica."""
