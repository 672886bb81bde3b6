// A coordination.k8s.io/v1 Lease as the JSON it is. What we do not know of it is carried along untouched.

export interface Lease {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly uid?: string; readonly resourceVersion?: string; readonly [field: string]: unknown }
  readonly spec?: LeaseSpec | null
  readonly [field: string]: unknown
}

interface LeaseSpec {
  readonly holderIdentity?: string | null
  readonly leaseDurationSeconds?: number | null
  readonly acquireTime?: string | null
  readonly renewTime?: string | null
  readonly leaseTransitions?: number | null
  readonly [field: string]: unknown
}

/** What an election needs to know of a lease. */
export interface LeaseRecord {
  /** Empty where it was given back. */
  readonly holder: string
  /** 0 where it does not say. */
  readonly durationMs: number
  /** Another one with every renewal. Never read as a time: the clock that wrote it is not ours. */
  readonly version: string
}

export function recordOf({ spec }: Lease): LeaseRecord {
  const durationMs = (spec?.leaseDurationSeconds ?? 0) * 1000
  return { holder: spec?.holderIdentity ?? '', durationMs, version: JSON.stringify(spec ?? {}) }
}

/** The lease with us as its holder, from what was read or written last. `now` is ms since the epoch, for people to read. */
export function claimed(before: Lease, identity: string, durationMs: number, now: number): Lease {
  const spec = before.spec ?? {}
  const { acquireTime, leaseTransitions } = spec.holderIdentity === identity ? spec : changeOfHolder(before, now)
  return {
    ...before, apiVersion: 'coordination.k8s.io/v1', kind: 'Lease',
    spec: {
      ...spec, holderIdentity: identity, leaseDurationSeconds: Math.ceil(durationMs / 1000),
      acquireTime: acquireTime ?? microTime(now), renewTime: microTime(now), leaseTransitions: leaseTransitions ?? 0,
    },
  }
}

function changeOfHolder({ metadata, spec }: Lease, now: number): Pick<LeaseSpec, 'acquireTime' | 'leaseTransitions'> {
  const isNew = metadata.resourceVersion === undefined
  return { acquireTime: microTime(now), leaseTransitions: isNew ? 0 : (spec?.leaseTransitions ?? 0) + 1 }
}

/** The lease given back: whoever sees it takes it at once. */
export function released(before: Lease, now: number): Lease {
  const time = microTime(now)
  return { ...before, spec: { ...before.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time } }
}

/** Six fraction digits, exactly: the API server refuses what toISOString() gives. */
export function microTime(now: number): string {
  return new Date(now).toISOString().replace('Z', '000Z')
}
