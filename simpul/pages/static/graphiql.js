// Starts GraphiQL with its explorer. Nothing runs by itself; every question goes to this hub.
"use strict";

const place = document.getElementById("graphiql");
const given = place.dataset;

const fetcher = GraphiQL.createFetcher({
  url: "/graphql",
  headers: { "Accept-Language": document.documentElement.lang },
});

const asked = given.asked === "yes";

ReactDOM.createRoot(place).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultQuery: given.query,
    // What a link brings opens in a tab of its own; without one, the tabs of last time are there again.
    query: asked ? given.query : undefined,
    variables: asked ? given.variables : undefined,
    plugins: [GraphiQLPluginExplorer.explorerPlugin()],
    shouldPersistHeaders: false,
  }),
);
