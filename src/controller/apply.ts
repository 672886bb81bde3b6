// Carries out a plan: services side by side, each in its own order, and what goes last only where all that came succeeded.

import { type PassResult, type Plan } from '../model/changes.ts'
import { serviceKey } from '../model/declared.ts'
import { applyRemoval } from './apply-removal.ts'
import { applyService, type Application } from './apply-service.ts'
import { isUnfinished, withheldFor } from './is-unfinished.ts'
import { sideBySide, type Progress } from './side-by-side.ts'

/** One result for each service, whatever became of it; rejects for a bug alone. */
export async function apply(
  application: Application & { readonly plan: Plan; readonly progress: Progress }, signal: AbortSignal,
): Promise<PassResult> {
  const { declared, plan, options, progress } = application
  const run = sideBySide(options.concurrency, plan.services.length + plan.removals.length, progress)
  const declarations = new Map(declared.services.map((service) => [serviceKey(service), service]))
  const unfinished = new Map<string, string>()
  const services = await Promise.all(plan.services.map(async (planned) => {
    const declaration = declarations.get(serviceKey(planned))
    if (declaration === undefined) throw new Error(`Planned without being declared: ${serviceKey(planned)}`)
    const result = await run(() => applyService(application, declaration, planned, signal))
    if (isUnfinished(result, planned, application)) unfinished.set(planned.namespace, planned.name)
    return result
  }))
  const removals = await Promise.all(plan.removals.map((removal) =>
    run(() => applyRemoval(application, withheldFor(removal, unfinished), signal))))
  return { services: [...services, ...removals], notes: plan.notes, ...(plan.guard !== undefined && { guard: plan.guard }) }
}
