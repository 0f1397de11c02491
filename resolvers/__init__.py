"""From a GraphQL operation to rows, in sets: plan, run, shape."""
