// A `run` in memory for each test of the file that imports this: on a fake clock, ended in order, with no timer left.

import { afterEach, beforeEach, expect, jest } from '@jest/globals'
import { type Declared, type DeclaredService } from '../../src/model/declared.ts'
import { address, declaredService } from '../support/declared-service.ts'
import { MemoryApi } from '../support/memory-api.ts'
import { memoryRun, type MemoryRun, type MemoryRunSettings } from '../support/memory-run.ts'
import { memoryTarget, type MemoryTargetOptions } from '../support/memory-target.ts'

export let api: MemoryApi
export let started: MemoryRun | undefined

beforeEach(() => { jest.useFakeTimers({ now: 1_000_000 }); api = new MemoryApi(); started = undefined })
afterEach(async () => {
  const stopping = started?.running.stop()
  await pass(10_000)
  await stopping
  expect(jest.getTimerCount()).toBe(0)
  jest.useRealTimers()
})

export const pass = (ms = 200): Promise<void> => jest.advanceTimersByTimeAsync(ms)

export function begin(settings: Omit<MemoryRunSettings, 'api'>): void {
  started = memoryRun({ ...settings, api })
}

/** Begins, and lets it do what it does at once. */
export async function start(declared: Declared, { target = {}, ...settings }: Partial<Omit<MemoryRunSettings, 'target' | 'api'>> & { target?: MemoryTargetOptions } = {}): Promise<MemoryRun> {
  const run = memoryRun({ declared, api, target: memoryTarget(api, target), ...settings })
  started = run
  await pass()
  return run
}

export function at(name: string, ...addresses: string[]): DeclaredService {
  return declaredService({ name, targets: addresses.map((text) => address(text)) })
}

/** `address` where it is ready, `-address` where it is not. */
export function published(name: string): string[] {
  return api.current('shop', name).slices.flatMap(({ endpoints }) => (endpoints ?? []).map(({ addresses, conditions }) =>
    `${conditions?.ready === true ? '' : '-'}${addresses[0] ?? ''}`)).sort()
}
