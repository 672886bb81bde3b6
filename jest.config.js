const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } }] },
}

/** @type {import('jest').Config} */
export default {
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/test/**/*.test.ts'], testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/cluster/'] },
    {
      ...common,
      displayName: 'cluster',
      testMatch: ['<rootDir>/test/cluster/**/*.test.ts'],
      // Called only when a suite of this project is among the tests of the run.
      globalSetup: '<rootDir>/test/cluster/harness/global-setup.ts',
      globalTeardown: '<rootDir>/test/cluster/harness/global-teardown.ts',
    },
  ],
  // What hangs is found in any case; what is slow, on a machine with two busy cores, is no failure. In a project it has no effect.
  testTimeout: 60_000,
  reporters: ['default', '<rootDir>/test/support/closing-line.js'],
}
