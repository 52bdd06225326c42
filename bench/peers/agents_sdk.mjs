// The OpenAI Agents SDK for JavaScript: agents with one tool, against a server of Chat Completions.
//   node agents_sdk.mjs NODE_MODULES URL RUNS AT_ONCE
import { createRequire } from "node:module";
import path from "node:path";

const [modules, url, runs, atOnce] = process.argv.slice(2);
const require = createRequire(path.resolve(modules, "x.js"));
const { Agent, OpenAIChatCompletionsModel, run, setTracingDisabled, tool } = require("@openai/agents");
const { OpenAI } = require("openai");

setTracingDisabled(true);
const client = new OpenAI({ baseURL: url + "/v1", apiKey: "sk-bench" });
const step = tool({
  name: "step",
  description: "Goes one step further",
  parameters: { type: "object", properties: { n: { type: "integer" } }, required: ["n"], additionalProperties: false },
  strict: false,
  execute: async ({ n }) => String(n),
});
const agent = new Agent({ name: "thinker", instructions: "Go one step.", model: new OpenAIChatCompletionsModel(client, "gpt-4o"), tools: [step] });

let next = 0;
let completed = 0;
async function work() {
  while (next++ < Number(runs)) {
    const result = await run(agent, "go");
    if (result.finalOutput === "done") completed += 1;
  }
}
const begin = process.hrtime.bigint();
await Promise.all(Array.from({ length: Number(atOnce) }, work));
console.log(JSON.stringify({ seconds: Number(process.hrtime.bigint() - begin) / 1e9, completed }));
