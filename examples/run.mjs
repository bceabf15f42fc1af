/**
 * Runs an example that is written in TypeScript and uses the sources of the server.
 *
 *     node examples/run.mjs tail-writes.ts
 */
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [file = 'tail-writes.ts'] = process.argv.slice(2);
const outfile = here(`../build/examples/${basename(file, '.ts')}.cjs`);

await mkdir(here('../build/examples'), { recursive: true });
await build({
  entryPoints: [here(basename(file))],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  packages: 'external',
  define: { FERROUS_VERSION: '"example"' },
  logLevel: 'warning',
});
createRequire(import.meta.url)(outfile);
