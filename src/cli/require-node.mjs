// Loaded before any TypeScript, so that an older Node gets this sentence and not a complaint about file extensions.
const OLDEST_MAJOR = 24;

if (Number(process.versions.node.split(".")[0]) < OLDEST_MAJOR) {
  console.error(
    `Switchyard runs on Node ${OLDEST_MAJOR} or newer; this is Node ${process.versions.node} on ${process.platform}-${process.arch}.\n` +
      "On linux-x64 `npm install` brings its own and `npm start` uses it, whatever Node npm runs on.\n" +
      `Elsewhere install Node ${OLDEST_MAJOR} (https://nodejs.org) and run this again.`,
  );
  process.exit(1);
}
