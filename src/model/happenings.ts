// What `run` says happened, told once by the controller (and by what it follows); logs, metrics and Events are made of it.

import { type Kind } from './objects.ts'
import { type Family } from './declared.ts'
import { type AddressReport, type Change, type ServiceStatus } from './changes.ts'
import { type HostState, type ProbeTarget, type ProbeOutcome, type Verdict } from './observed.ts'

interface OfService {
  readonly namespace: string
  readonly name: string
}

export type Happening =
  /** An address of a service became ready, unready, or left. `before` is undefined for a newcomer. */
  | OfService & { readonly kind: 'address'; readonly address: AddressReport; readonly before: AddressReport['published'] | undefined }
  /** A service's status or what is said of it changed. */
  | OfService & { readonly kind: 'service'; readonly status: ServiceStatus; readonly before: ServiceStatus | undefined; readonly messages: readonly string[] }
  | OfService & { readonly kind: 'written'; readonly verb: Change['verb']; readonly object: Kind; readonly objectName: string; readonly summary: readonly string[] }
  | OfService & { readonly kind: 'removed'; readonly how: 'prune' | 'release' }
  /** A host's belief changed its outcome or its addresses. */
  | { readonly kind: 'host'; readonly state: HostState; readonly before: HostState['resolution'] }
  /** One look-up ended, whatever it said: for metrics, not for logs. */
  | { readonly kind: 'asked'; readonly host: string; readonly family: Family; readonly outcome: 'found' | 'absent' | 'unknown'; readonly reason: string; readonly seconds: number }
  | { readonly kind: 'verdict'; readonly target: ProbeTarget; readonly verdict: Verdict; readonly before: Verdict; readonly reason: string }
  /** One attempt ended: for metrics, not for logs. */
  | { readonly kind: 'probed'; readonly target: ProbeTarget; readonly outcome: ProbeOutcome }
  | { readonly kind: 'network in doubt'; readonly services: readonly string[] }
  | { readonly kind: 'network trusted' }
  | { readonly kind: 'leading'; readonly isLeading: boolean; readonly holder: string | undefined }
  | { readonly kind: 'config taken'; readonly services: number; readonly warnings: readonly string[] }
  | { readonly kind: 'config refused'; readonly fault: string }
  | { readonly kind: 'resync'; readonly cause: ResyncCause; readonly seconds: number; readonly error?: string }
  | { readonly kind: 'withheld'; readonly deletions: number; readonly owned: number; readonly maxDeletePercent: number }
  /** Of a watch, a request, an Event that could not be sent: the controller goes on. */
  | { readonly kind: 'trouble'; readonly where: string; readonly message: string }

/** removal: what is no longer declared may go now, and could not before. */
export type ResyncCause = 'start' | 'leading' | 'schedule' | 'config' | 'asked' | 'removal'

export type Tell = (happening: Happening) => void
