// The npm package @copilotkit/aimock, an independent mock of the model APIs, on a free port, which is printed on the first line.
//   node aimock.mjs NODE_MODULES FIXTURES [HOW MANY REQUESTS IT REMEMBERS, 0: all]
import { createRequire } from "node:module";
import path from "node:path";

const [modules, fixtures, journal] = process.argv.slice(2);
const { LLMock } = createRequire(path.resolve(modules, "x.js"))("@copilotkit/aimock");
const mock = new LLMock({ port: 0, host: "127.0.0.1", chunkSize: 7, journalMaxEntries: Number(journal ?? 0) });
mock.loadFixtureFile(fixtures);
const url = await mock.start();
console.log(new URL(url).port);
