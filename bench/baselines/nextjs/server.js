// The production build on a free port, which it prints; `next start` prints it on no line of its own.
"use strict";

const { createServer } = require("node:http");
const next = require("next");

const app = next({ dev: false, dir: __dirname });
const handle = app.getRequestHandler();

app.prepare().then(() => {
  const server = createServer((request, response) => handle(request, response));
  server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
    console.log(`Next.js is ready on http://localhost:${server.address().port}`);
  });
});
