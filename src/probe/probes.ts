import { type CheckKind } from '../model/declared.ts'
import { probeHttp } from './http.ts'
import { type StartProbe } from './start-probe.ts'
import { probeTcp } from './tcp.ts'

/** Every kind of check that opens a socket; a new kind is one file and one row. */
export const probes = {
  tcp: probeTcp,
  http: probeHttp,
} satisfies Record<Exclude<CheckKind['kind'], 'none'>, StartProbe>

/** Starts an attempt by the target's own kind of check. Throws for a check of kind `none`. */
export const startProbe: StartProbe = (target, done) => {
  const { kind } = target.check
  if (kind === 'none') throw new TypeError('A target without a check is not probed')
  return probes[kind](target, done)
}
