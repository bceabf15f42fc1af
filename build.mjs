/**
 * Builds dist/ferrous.js: the whole server as one CommonJS file that plain Node runs with no node_modules beside it; and
 * dist/library.js, the entry for programs, which needs the packages that it depends on.
 * With --specs also build/specs/, one file per spec for ava. With --quiet only errors are printed.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';

const flags = new Set(process.argv.slice(2));
const logLevel = flags.has('--quiet') ? 'warning' : 'info';
const { version } = JSON.parse(await readFile('package.json', 'utf8'));

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  // The modern builds of RxJS, fp-ts and io-ts: real classes instead of ES5, and only what is used.
  conditions: ['es2015'],
  mainFields: ['module', 'main'],
  sourcemap: 'linked',
  logLevel,
  define: { FERROUS_VERSION: JSON.stringify(version) },
};

/** Each file appears as a whole: a server may be started while another build runs. */
const replaceFiles = async (files) => {
  for (const { path, contents } of files) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.${process.pid}`, contents);
    await rename(`${path}.${process.pid}`, path);
  }
};

const server = await build({
  ...common,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/ferrous.js',
  banner: { js: '#!/usr/bin/env node' },
  legalComments: 'linked',
  write: false,
});
await replaceFiles(server.outputFiles);

// For programs: what they share with the library (observables, codecs) has to be the same for both.
const library = await build({
  ...common,
  entryPoints: ['src/library.ts'],
  outfile: 'dist/library.js',
  packages: 'external',
  write: false,
});
await replaceFiles(library.outputFiles);

if (flags.has('--specs')) {
  const files = await readdir('specs', { recursive: true });
  await rm('build/specs', { recursive: true, force: true });
  await build({
    ...common,
    entryPoints: files.filter((file) => file.endsWith('.spec.ts')).map((file) => join('specs', file)),
    outbase: 'specs',
    outdir: 'build/specs',
    sourcemap: 'inline',
    // Packages stay outside: the specs run where node_modules is.
    packages: 'external',
  });
}
