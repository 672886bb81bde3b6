// Jest loads setup and teardown apart: what they share has to be on the process.
const shared = globalThis as { endpointRegistrarTeardown?: (() => Promise<void>)[] }

/** What to do once all tests of the run are done. */
export function atTeardown(end: () => Promise<void>): void {
  shared.endpointRegistrarTeardown = [...(shared.endpointRegistrarTeardown ?? []), end]
}

async function tearDown(): Promise<void> {
  for (const end of shared.endpointRegistrarTeardown ?? []) await end()
}

export { tearDown as default }
