// What a controller knows, to be overridden where a test cares.

import { type AddressState, type HostReport, type RunStatus, type ServiceState } from '../../src/model/run-status.ts'

/** An hour into the life of the controller. */
export const statusNow = '2026-11-23T13:00:00.000Z'
const startedAt = '2026-11-23T12:00:00.000Z'

export function runStatus(over: Partial<RunStatus> = {}): RunStatus {
  return {
    instance: 'shop', version: '1.2.3', now: statusNow, startedAt, isLeading: true, holder: 'registrar-0_a1', config: { takenAt: startedAt },
    resyncedAt: '2026-11-23T12:55:00.000Z', queue: { waiting: 0, working: 0 }, services: [serviceState()], ...over,
  }
}

export function serviceState(over: Partial<ServiceState> = {}): ServiceState {
  return { namespace: 'shop', name: 'db', status: 'done', since: startedAt, messages: [], hosts: [hostReport()], addresses: [addressState()], ...over }
}

export function hostReport(over: Partial<HostReport> = {}): HostReport {
  return {
    host: 'db.example.com', family: 'IPv4', outcome: 'found', addresses: ['192.0.2.10'],
    expiresAt: '2026-11-23T13:00:25.000Z', nextAskAt: '2026-11-23T13:00:27.000Z', ...over,
  }
}

export function addressState(over: Partial<AddressState> = {}): AddressState {
  return {
    address: '192.0.2.10', family: 'IPv4', ports: { db: 5432 }, hosts: ['db.example.com'], published: 'ready', verdict: 'ready', reason: 'connected',
    since: startedAt, latencyMs: 1.25, nextProbeAt: '2026-11-23T13:00:04.000Z', ...over,
  }
}
