// Apollo Client against a hub whose finance database has never answered. SIMPUL names the endpoint.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ApolloClient, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { connect } from "./hub.js";

const endpoint = process.env.SIMPUL;
const mission = gql(readFileSync(new URL("mission.graphql", import.meta.url), "utf8"));
const variables = { file: "usulan-alas.csv", number: "1" };
const told = (error) => {
  assert.ok(CombinedGraphQLErrors.is(error), `no GraphQL error: ${error}`);
  return error.errors.map(({ path, extensions }) => [(path ?? []).join("."), extensions.code]);
};

test("errorPolicy all gives what the other sources hold, and every failure with its code and path", async () => {
  const { data, error } = await connect(endpoint).query({
    query: gql`{
      proposals { totalCount edges { node { id title budgetLines { totalCount } } } }
      budgetLines { totalCount }
      complaints { nodes { id title } }
    }`,
  });

  assert.equal(data.proposals.totalCount, 4);
  assert.deepEqual(data.complaints.nodes.map((one) => one.title), ["Jalan rusak"]);
  assert.equal(data.budgetLines, null);
  assert.deepEqual(told(error).sort(), [
    ["budgetLines", "SOURCE_UNAVAILABLE"],
    ["proposals.edges.0.node.budgetLines", "SOURCE_UNAVAILABLE"],
  ]);
  const linked = error.errors.find((one) => one.path.length > 1).extensions;
  assert.deepEqual([linked.source, linked.entity, linked.places], ["finance", "BudgetLine", 4]);
});

test("the mission query with variables", async () => {
  const { data, error } = await connect(endpoint).query({ query: mission, variables });

  assert.equal(data.proposal.title, "Rabat beton jalan dusun");
  assert.equal(data.proposal.estimatedCost, "125000000"); // text
  assert.equal(data.proposal.budgetLines, null);
  assert.deepEqual(told(error), [
    ["proposal.budgetLines", "SOURCE_UNAVAILABLE"],
    ["proposal.projects", "SOURCE_UNAVAILABLE"],
  ]);
});

test("Apollo's own policy, none, throws for what failed and not for what is null", async () => {
  const plain = () => new ApolloClient({ link: new HttpLink({ uri: endpoint }), cache: new InMemoryCache() });

  await assert.rejects(plain().query({ query: gql`{ budgetLines { totalCount } }` }), (error) => {
    assert.deepEqual(told(error), [["budgetLines", "SOURCE_UNAVAILABLE"]]);
    return true;
  });
  const { data, error } = await plain().query({
    query: gql`{ proposal(by: { key: { file: "usulan-alas.csv", number: "99" } }) { id } }`,
  });
  assert.deepEqual([data.proposal, error], [null, undefined]);
});

test("the cache keeps a failure as a bare null: only the network tells it again", async () => {
  const hub = connect(endpoint);
  const query = gql`{ budgetLines { totalCount } }`;
  await hub.query({ query });

  const cached = await hub.query({ query });
  const asked = await hub.query({ query, fetchPolicy: "network-only" });

  assert.deepEqual([cached.data, cached.error], [{ budgetLines: null }, undefined]);
  assert.deepEqual(told(asked.error), [["budgetLines", "SOURCE_UNAVAILABLE"]]);
});

test("two queries of one record share its entry, by a key and by node", async () => {
  const hub = connect(endpoint);
  const byKey = gql`query ($file: String!, $number: String!) {
    proposal(by: { key: { file: $file, number: $number } }) { id title }
  }`;
  const first = await hub.query({ query: byKey, variables });
  const { id } = first.data.proposal;

  const again = await hub.query({
    query: gql`query ($id: ID!) {
      node(id: $id) { id ...Origin ... on Proposal { estimatedCost } }
    }
    fragment Origin on Record { provenance { source locator } }`,
    variables: { id },
  });

  assert.equal(again.data.node.provenance.source, "planning"); // a fragment on an interface, by possibleTypes
  const entries = hub.cache.extract();
  assert.deepEqual(Object.keys(entries).filter((key) => key.startsWith("Proposal:")), [`Proposal:${id}`]);
  assert.deepEqual(
    [entries[`Proposal:${id}`].title, entries[`Proposal:${id}`].estimatedCost],
    ["Rabat beton jalan dusun", "125000000"],
  );
  const whole = await hub.query({
    query: gql`query ($file: String!, $number: String!) {
      proposal(by: { key: { file: $file, number: $number } }) { id title estimatedCost provenance { locator } }
    }`,
    variables,
    fetchPolicy: "cache-only",
  });
  assert.equal(whole.data.proposal.estimatedCost, "125000000"); // asked by the other query
  assert.ok(whole.data.proposal.provenance.locator.startsWith("usulan-alas.csv"));
});

test("fetchMore adds page 2 to page 1", { timeout: 20_000 }, async () => {
  const hub = connect(endpoint);
  const query = gql`query ($first: Int, $after: String) {
    proposals(first: $first, after: $after, orderBy: [{ estimatedCost: DESC }]) {
      totalCount
      edges { cursor node { id number } }
      pageInfo { hasNextPage endCursor }
    }
  }`;
  const numbers = ({ proposals }) => proposals.edges.map((edge) => edge.node.number);
  const watched = hub.watchQuery({ query, variables: { first: 3 } });
  const shown = new Promise((done) => {
    watched.subscribe(({ data }) => data?.proposals?.pageInfo?.hasNextPage === false && done(data));
  });
  const page = await watched.refetch();
  assert.deepEqual([page.data.proposals.edges.length, page.data.proposals.pageInfo.hasNextPage], [3, true]);

  await watched.fetchMore({ variables: { after: page.data.proposals.pageInfo.endCursor } });

  const both = await shown;
  const truth = await connect(endpoint).query({ query, variables: { first: 1000 } });
  assert.equal(both.proposals.edges.length, 4);
  assert.deepEqual(numbers(both), numbers(truth.data));
});

test("a refused operation is a GraphQL error with its code, whatever its HTTP status", async () => {
  const hub = connect(endpoint);
  const codes = async (query, given) => told((await hub.query({ query, variables: given })).error);

  assert.deepEqual(await codes(gql`{ noSuchField }`), [["", "GRAPHQL_VALIDATION_FAILED"]]);
  assert.deepEqual(await codes(mission, { file: "usulan-alas.csv" }), [["", "BAD_USER_INPUT"]]);
  assert.deepEqual(await codes(gql`{ proposals(first: 5000) { totalCount } }`), [["", "BAD_USER_INPUT"]]);
});
