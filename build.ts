// Bundles src/main.ts into dist/, split so that a verb loads only what it needs. Run by Node itself: `npm run build`.

import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { build, type Plugin } from 'esbuild'

// Of the Kubernetes client only its reading of kubeconfigs is used; without this its whole generated API comes along.
const dropUnusedClient: Plugin = {
  name: 'drop-unused-client',
  setup(bundle) {
    bundle.onResolve({ filter: /./ }, async ({ path, pluginData, ...rest }) => {
      if (pluginData === 'asked' || !(rest.importer.includes('@kubernetes/client-node') || path.startsWith('@kubernetes/client-node'))) return undefined
      const resolved = await bundle.resolve(path, { ...rest, pluginData: 'asked' })
      return { ...resolved, sideEffects: false }
    })
  },
}

// The index of undici loads its fetch, WebSocket, mocks and caches too: a third of what an import of the Kubernetes client costs.
const undiciAsUsed: Plugin = {
  name: 'undici-as-used',
  setup(bundle) {
    bundle.onResolve({ filter: /^undici$/ }, ({ path }) => ({ path, namespace: 'as-used' }))
    bundle.onLoad({ filter: /./, namespace: 'as-used' }, () => ({
      resolveDir: '.',
      contents: `
        import Dispatcher from 'undici/lib/dispatcher/dispatcher.js'
        import api from 'undici/lib/api/index.js'
        export { default as Agent } from 'undici/lib/dispatcher/agent.js'
        export { default as ProxyAgent } from 'undici/lib/dispatcher/proxy-agent.js'
        export { default as buildConnector } from 'undici/lib/core/connect.js'
        // Named by a part of the Kubernetes client that is left out.
        export const fetch = undefined
        // As the index does it.
        Object.assign(Dispatcher.prototype, api)`,
    }))
  },
}

// An import statement reads every export of a module, and to read those of node:http or node:process is to load half of
// Node, an undici of its own among it. Taken this way, what is not used is not read. node:module stays as it is: main.ts
// reads it before it knows that this Node is new enough.
const builtinsAsUsed: Plugin = {
  name: 'builtins-as-used',
  setup(bundle) {
    // Older packages call them without `node:`. One for each importer, so that no file is made that holds nothing else.
    bundle.onResolve({ filter: new RegExp(`^(node:|(${builtinModules.join('|')})$)`) }, ({ path, kind, importer }) =>
      (kind === 'import-statement' && path !== 'node:module' ? { path, suffix: `?${importer}`, namespace: 'builtin', sideEffects: false } : { path, external: true }))
    bundle.onLoad({ filter: /./, namespace: 'builtin' }, async ({ path }) => {
      const names = Object.keys(await import(path) as object).filter((name) => name !== 'default')
      const exported = names.map((name) => `export const ${name} = /* @__PURE__ */ (() => all.${name})()`)
      return { contents: [`const all = process.getBuiltinModule(${JSON.stringify(path)})`, 'export default all', ...exported].join('\n') }
    })
  },
}

const { metafile, outputFiles } = await build({
  entryPoints: ['src/main.ts'],
  outdir: 'dist', write: false,
  bundle: true, splitting: true, minifySyntax: true, minifyWhitespace: true,
  format: 'esm', platform: 'node', target: 'node22',
  // The build for Node looks into the environment at every token, to see whether to log it.
  alias: { yaml: './node_modules/yaml/browser/index.js' },
  // Bundled CommonJS packages call require() for Node's own modules.
  banner: { js: "import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);" },
  // Imports of types alone are dropped: left in place, as tsconfig.json has it, each would load its file.
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: false } },
  plugins: [undiciAsUsed, builtinsAsUsed, dropUnusedClient],
  metafile: true, logLevel: 'warning', legalComments: 'none',
})
// Only now: a build that fails leaves the last one in place.
await rm('dist', { recursive: true, force: true })
await mkdir('dist')
await Promise.all(outputFiles.map(({ path, contents }) => writeFile(path, contents)))
await writeFile('dist/main.js', `#!/usr/bin/env node\n${await readFile('dist/main.js', 'utf8')}`)
await chmod('dist/main.js', 0o755)
const bytes = Object.values(metafile.outputs).reduce((sum, { bytes: size }) => sum + size, 0)
process.stdout.write(`dist: ${outputFiles.length} files, ${Math.round(bytes / 1024)} KiB\n`)
