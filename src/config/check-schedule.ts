import { type Fault, type Position } from './config-fault.ts'
import { show } from './found.ts'

export interface WrittenSchedule {
  readonly text: string
  readonly place: Position
}

const fields: Readonly<Record<string, string>> = { dayOfMonth: 'day of the month', dayOfWeek: 'day of the week' }

/** What is wrong with the cron expressions. node-cron is loaded only where there is one: it would slow every start. */
export async function checkSchedules(schedules: readonly WrittenSchedule[]): Promise<Fault[]> {
  if (schedules.length === 0) return []
  const { validateDetailed } = await import('node-cron')
  return schedules.flatMap(({ text, place }): Fault[] => {
    const { valid, errors } = validateDetailed(text)
    return valid ? [] : [{ ...place, message: `Cannot use schedule ${show(text)}: ${errors.map(phraseOf).join(', ')}` }]
  })
}

function phraseOf({ field, value, message }: { readonly field: string; readonly value?: string; readonly message: string }): string {
  if (message.includes('fields but got')) return 'must have 5 fields, or 6 that begin with seconds'
  if (field === 'expression') return 'must be a cron expression such as "*/10 * * * *"'
  return message.includes('impossible') ? 'no month of it has that day' : `${show(value).replaceAll('"', '')} is no ${fields[field] ?? field}`
}
