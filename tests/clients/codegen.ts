import type { CodegenConfig } from "@graphql-codegen/cli";

const hub = process.env.SIMPUL_SCHEMA ?? "http://127.0.0.1:8000/schema.graphql"; // or its /graphql, or a file

const config: CodegenConfig = {
  schema: [{ [hub]: { oneOf: true } }],
  documents: "*.graphql",
  config: {
    scalars: { Date: "string", DateTime: "string", Decimal: "string" },
    strictScalars: true,
    enumsAsTypes: true,
  },
  generates: {
    "generated/schema.ts": { plugins: ["typescript"] },
    "generated/operations.ts": { plugins: ["typescript-operations"] },
    "generated/possible-types.js": { plugins: ["fragment-matcher"] },
  },
};

export default config;
