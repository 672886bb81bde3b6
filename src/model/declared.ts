// What the config file says, checked and canonical: every later stage trusts it.

export type Family = 'IPv4' | 'IPv6'
export type Protocol = 'TCP' | 'UDP' | 'SCTP'
export type ServiceType = 'ClusterIP' | 'Headless'
export type IpFamilyPolicy = 'SingleStack' | 'PreferDualStack' | 'RequireDualStack'
export type Publish = 'both' | 'endpointSlices' | 'endpoints'

export interface DeclaredPort {
  /** Empty for the only port of a Service that has one without a name. */
  readonly name: string
  readonly port: number
  readonly targetPort: number
  readonly protocol: Protocol
  readonly appProtocol?: string
}

/** Exactly one of `host` and `address` is there. */
export interface DeclaredTarget {
  /** A full DNS name in lower case, without a trailing dot. */
  readonly host?: string
  /** Which record types are asked for; both by default. Says nothing for an `address`. */
  readonly families: readonly Family[]
  /** A canonical IP address. */
  readonly address?: string
  /** Port name -> the number this target listens on, where it differs from the Service's targetPort. */
  readonly ports: Readonly<Record<string, number>>
  readonly drain: boolean
  /** How long `run` keeps an address that the host's answer no longer names; undefined: as the resolver's settings say. */
  readonly retainSeconds?: number
}

/** A header's value, or where it is to be read from at the time of the probe; never printed. */
export type HeaderValue = string | { readonly file: string } | { readonly env: string }

export interface HttpCheck {
  readonly path: string
  readonly scheme: 'HTTP' | 'HTTPS'
  /** Host header and SNI; by default the declared host of the target. */
  readonly host?: string
  readonly headers: Readonly<Record<string, HeaderValue>>
  /** Status codes that pass, as closed ranges. */
  readonly expectedStatuses: readonly (readonly [number, number])[]
  readonly bodyContains?: string
  readonly caFile?: string
  readonly serverName?: string
  readonly verify: boolean
}

export type CheckKind =
  | { readonly kind: 'none' }
  | { readonly kind: 'tcp' }
  | { readonly kind: 'http'; readonly http: HttpCheck }

/** Same words and meaning as in a Pod's probe. */
export type HealthCheck = CheckKind & {
  /** Name of the TCP port that decides; undefined where there is nothing to probe. */
  readonly port?: string
  readonly periodSeconds: number
  readonly timeoutSeconds: number
  readonly successThreshold: number
  readonly failureThreshold: number
  /** The period while a streak is under way that has not moved the verdict yet; `run` alone. */
  readonly transitionPeriodSeconds: number
}

export interface DeclaredService {
  readonly namespace: string
  readonly name: string
  /** file:line:column of the declaration, for messages. */
  readonly source: string
  readonly type: ServiceType
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Undefined leaves the choice to the cluster. */
  readonly ipFamilyPolicy?: IpFamilyPolicy
  readonly ports: readonly DeclaredPort[]
  readonly targets: readonly DeclaredTarget[]
  readonly healthCheck: HealthCheck
  readonly whenAllUnready: 'publishAll' | 'publishNone'
  /** 0 turns panic off. */
  readonly panicThresholdPercent: number
  readonly adopt: boolean
  readonly paused: boolean
}

export interface Guard {
  readonly maxDeletePercent: number
  readonly permitLoopback: boolean
  readonly allowedCIDRs: readonly string[]
  readonly deniedCIDRs: readonly string[]
}

export interface ResolverSettings {
  /** `ip`, `ip:port` or `[v6]:port`; empty means the machine's own. */
  readonly nameservers: readonly string[]
  readonly timeoutSeconds: number
  readonly minTTLSeconds: number
  readonly maxTTLSeconds: number
  readonly maxStaleSeconds: number
  /** `run`: what becomes of a host's addresses when it has been unknown for longer than that. */
  readonly whenStaleExpires: 'keep' | 'unready' | 'remove'
  /** `run`: answers in a row that say a host is absent, before that is believed. */
  readonly absentConfirmations: number
  /** `run`: how long an address stays that an answer no longer names. */
  readonly retainSeconds: number
  /** `run`: addresses of one host and record type, retained ones included; the longest seen stay. */
  readonly maxAddresses: number
}

export interface Declared {
  readonly instance: string
  readonly publish: Publish
  readonly guard: Guard
  readonly resolver: ResolverSettings
  /** `run`: cron expression of the full resync, in the process's time zone. */
  readonly schedule: string
  /** `run`: what happens to one service within this time is written together. */
  readonly writeDebounceMs: number
  readonly services: readonly DeclaredService[]
  /** Things that are allowed and probably not meant, each as `file:line:column: message`. */
  readonly warnings: readonly string[]
}

/** `namespace/name`: how a service is called in every map and message. */
export function serviceKey(service: { readonly namespace: string; readonly name: string }): string {
  return `${service.namespace}/${service.name}`
}
