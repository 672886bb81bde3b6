// The layer rules of docs and DESIGN, as data. test/architecture.test.ts holds them and checks that each one bites.

const pure = '^src/(model|desired|plan)/|^src/probe/threshold[.]ts|^src/controller/schedule[.]ts'
const stages = '(config|resolve|probe|desired|plan|kubernetes|directory|telemetry)'
const shared = '^src/(model|address)/'
const edge = '^src/(app|app-run|main|cli)[.]ts$|^src/commands/'

/** A package that one room alone knows. */
const onlyIn = (name, room, path) => ({ name, severity: 'error', from: { path: '^src/', pathNot: room }, to: { path } })

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^src' }, to: {} },
    { name: 'model-knows-nothing', severity: 'error', from: { path: '^src/model/' }, to: { pathNot: '^src/model/' } },
    { name: 'address-knows-the-model-alone', comment: 'Shared by the stages: it may not lead from one to another.', severity: 'error',
      from: { path: '^src/address/' }, to: { pathNot: `${shared}|node_modules/ipaddr[.]js/|^net$` } },
    { name: 'core-is-pure', comment: 'desired and plan may not touch Node, npm or another layer.', severity: 'error',
      from: { path: pure }, to: { pathNot: pure } },
    { name: 'stages-do-not-know-each-other', severity: 'error',
      from: { path: `^src/${stages}/` }, to: { path: `^src/${stages}/`, pathNot: '^src/$1/' } },
    { name: 'stages-know-shared-nouns-alone', comment: 'A stage does not know who calls it.', severity: 'error',
      from: { path: `^src/${stages}/` }, to: { path: '^src/', pathNot: `${shared}|^src/${stages}/` } },
    onlyIn('only-kubernetes-imports-the-client', '^src/kubernetes/', 'node_modules/@kubernetes/'),
    onlyIn('only-kubernetes-imports-undici', '^src/kubernetes/', 'node_modules/undici/'),
    onlyIn('only-the-http-probe-imports-axios', '^src/probe/http[.]ts$', 'node_modules/axios/'),
    onlyIn('only-resolve-imports-the-dns-codec', '^src/resolve/', 'node_modules/dns-packet/'),
    onlyIn('only-telemetry-imports-the-metrics', '^src/telemetry/', 'node_modules/prom-client/'),
    onlyIn('only-telemetry-imports-the-logger', '^src/telemetry/', 'node_modules/pino(-pretty)?/'),
    onlyIn('only-the-command-line-imports-commander', '^src/cli[.]ts$|^src/commands/', 'node_modules/commander/'),
    { name: 'controller-sees-ports-only', comment: 'The pipeline knows the pure core and the ports, never an adapter.', severity: 'error',
      from: { path: '^src/controller/' }, to: { path: '^src/', pathNot: '^src/(model|desired|plan|controller)/|^src/probe/threshold[.]ts' } },
    { name: 'report-sees-results-only', comment: 'What is printed was decided elsewhere.', severity: 'error',
      from: { path: '^src/report/' }, to: { path: '^src/', pathNot: '^src/(model|controller|report)/|^src/exit-codes[.]ts$' } },
    { name: 'only-app-wires', severity: 'error', from: { path: '^src/', pathNot: edge }, to: { path: edge } },
    { name: 'commands-leave-the-wiring-to-app', comment: 'Adapters of the target, of DNS and of probes are made in app.ts alone.', severity: 'error',
      from: { path: '^src/commands/|^src/(cli|main)[.]ts$' }, to: { path: '^src/(resolve|probe|kubernetes)/' } },
    { name: 'nothing-imports-main', severity: 'error', from: {}, to: { path: '^src/main[.]ts$' } },
    { name: 'src-does-not-import-test', severity: 'error', from: { path: '^src' }, to: { path: '^test' } },
    { name: 'not-to-dev-dep', severity: 'error', from: { path: '^src' }, to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] } },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: { doNotFollow: { path: 'node_modules' }, tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] } },
}
