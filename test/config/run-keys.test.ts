// The keys that `run` alone reads.

import { spawnSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import { loadConfig } from '../../src/config/load-config.ts'
import { type Declared } from '../../src/model/declared.ts'
import { faultsOf } from './faults-of.ts'

const load = (text: string): Promise<Declared> => loadConfig(['-'], () => Promise.resolve(text))
const service = (target: string, more = ''): string => `instance: a\nservices:\n  - { name: db, ports: [{ port: 5432 }], targets: [${target}]${more} }\n`

describe('schedule', () => {
  test.each([
    '*/10 * * * *', '*/10 * * * * *', '0 3 1,15 * mon-fri', '0 0 L * *', '@hourly',
  ])('%s is taken as it is written', async (schedule) => {
    expect((await load(`instance: a\nschedule: "${schedule}"\nservices: []\n`)).schedule).toBe(schedule)
  })

  test.each([
    ['* * * *', '"* * * *": must have 5 fields, or 6 that begin with seconds'],
    ['* * * * * * *', '"* * * * * * *": must have 5 fields, or 6 that begin with seconds'],
    ['every hour', '"every hour": must have 5 fields, or 6 that begin with seconds'],
    ['', '"": must be a cron expression such as "*/10 * * * *"'],
    ['@reboot', '@reboot: must be a cron expression such as "*/10 * * * *"'],
    ['*/0 * * * *', '"*/0 * * * *": */0 is no minute'],
    ['60 0 24 32 13 8', '"60 0 24 32 13 8": 60 is no second, 24 is no hour, 32 is no day of the month, 13 is no month, 8 is no day of the week'],
    ['0 0 31 2 *', '"0 0 31 2 *": no month of it has that day'],
  ])('"%s" is refused at its place', async (schedule, message) => {
    expect(await faultsOf(load(`instance: a\nschedule: "${schedule}"\nservices: []\n`))).toEqual([`<stdin>:2:11: Cannot use schedule ${message}`])
  })

  test('is refused beside every other fault, in the order of lines', async () => {
    expect(await faultsOf(load('publish: none\nschedule: x\nservices: 5\n'))).toEqual([
      '<stdin>:1:1: Missing key: instance, which says whose objects are whose',
      '<stdin>:1:10: Cannot use publish none: must be both, endpointSlices or endpoints',
      '<stdin>:2:11: Cannot use schedule x: must have 5 fields, or 6 that begin with seconds',
      '<stdin>:3:11: Cannot use services 5: must be a list',
    ])
  })

  test('its library is loaded only where there is one', () => {
    // Written as a program, since a test's modules are not loaded by Node.
    const program = `
      import { registerHooks } from 'node:module'
      let isLoaded = false
      registerHooks({ load: (url, context, next) => { isLoaded ||= url.includes('node-cron'); return next(url, context) } })
      const { loadConfig } = await import('./src/config/load-config.ts')
      for (const text of ['instance: a', 'instance: a\\nschedule: 0 0 * * *']) {
        await loadConfig(['-'], async () => text + '\\nservices: []\\n')
        console.log(isLoaded)
      }`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' })
    expect({ stdout, stderr }).toEqual({ stdout: 'false\ntrue\n', stderr: '' })
  })
})

describe('retainSeconds', () => {
  test('of a target stands beside that of all', async () => {
    const { services, resolver } = await load(`resolver: { retainSeconds: 60 }\n${service('{ host: a.example.com, retainSeconds: 0 }, { host: b.example.com }')}`)
    expect(resolver.retainSeconds).toBe(60)
    expect(services[0]?.targets.map((target) => target.retainSeconds)).toEqual([0, undefined])
  })

  test('beside an address is a warning: no answer leaves it out', async () => {
    const { services, warnings } = await load(service('{ address: 192.0.2.1, retainSeconds: 60 }, { host: a.example.com, retainSeconds: 60 }'))
    expect(warnings).toEqual(['<stdin>:3:74: Key retainSeconds has no effect: the target is an address, which no answer leaves out'])
    expect(services[0]?.targets).toHaveLength(2)
  })
})

describe('transitionPeriodSeconds', () => {
  test.each([
    ['periodSeconds: 1, timeoutSeconds: 1', 1],
    ['transitionPeriodSeconds: 10', 10],
    ['periodSeconds: 20, transitionPeriodSeconds: 15', 15],
  ])('with %s is %d', async (check, expected) => {
    expect((await load(service('{ address: 192.0.2.1 }', `, healthCheck: { ${check} }`))).services[0]?.healthCheck.transitionPeriodSeconds).toBe(expected)
  })

  test('is inherited by itself', async () => {
    const { services } = await load(`defaults: { healthCheck: { transitionPeriodSeconds: 3 } }\n${service('{ address: 192.0.2.1 }', ', healthCheck: { periodSeconds: 5 }')}`)
    expect(services[0]?.healthCheck).toMatchObject({ periodSeconds: 5, transitionPeriodSeconds: 3 })
  })
})
