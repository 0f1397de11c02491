"""The GraphQL types: built-in entities as Strawberry classes, and the schema built from entity records."""
