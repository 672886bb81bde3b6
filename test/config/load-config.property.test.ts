import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { ConfigFault } from '../../src/config/config-fault.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { type Declared } from '../../src/model/declared.ts'

const loadText = (text: string): Promise<Declared> => loadConfig(['-'], () => Promise.resolve(text))

async function faultOf(text: string): Promise<ConfigFault | undefined> {
  try {
    await loadText(text)
    return undefined
  } catch (error) {
    if (error instanceof ConfigFault) return error
    throw error
  }
}

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/)
const portNumber = fc.integer({ min: 1, max: 65535 })
const port = fc.record({ port: portNumber, targetPort: portNumber, protocol: fc.constantFrom('TCP', 'UDP', 'SCTP') }, { requiredKeys: ['port'] })
const target = fc.oneof(
  fc.record({ host: fc.tuple(label, label).map((labels) => [...labels, 'example.com'].join('.')), family: fc.constantFrom('any', 'IPv4', 'IPv6') }, { requiredKeys: ['host'] }),
  fc.record({ address: fc.integer({ min: 0, max: 0xffff }).map((number) => `198.18.${number >> 8}.${number & 255}`) }),
)
const service = fc.record({
  name: label,
  namespace: label,
  labels: fc.dictionary(label, label, { maxKeys: 3 }),
  ports: fc.uniqueArray(port, { minLength: 1, maxLength: 4, selector: (one) => one.port }).map((ports) => ports.map((one, index) => ({ name: `p${index}`, ...one }))),
  targets: fc.uniqueArray(target, { minLength: 1, maxLength: 4, selector: (one) => 'host' in one ? one.host : one.address }),
  healthCheck: fc.constantFrom({ none: {} }, { none: {}, periodSeconds: 30 }, { timeoutSeconds: 1 }),
}, { requiredKeys: ['name', 'ports', 'targets'] }).filter(({ name, namespace }) => name !== 'kubernetes' && namespace !== 'default')
const config = fc.record({
  instance: label,
  services: fc.uniqueArray(service, { minLength: 1, maxLength: 5, selector: ({ name }) => name }),
})
const style = fc.constantFrom({ collectionStyle: 'any' } as const, { collectionStyle: 'flow' } as const, { indent: 6 } as const, { indentSeq: false } as const)

describe('loadConfig()', () => {
  test('declares every service of a valid config, in order, and where it stands', async () => {
    await fc.assert(fc.asyncProperty(config, style, async (given, options) => {
      const text = stringify(given, options)
      const { services } = await loadText(text)
      expect(services.map(({ name }) => name)).toEqual(given.services.map(({ name }) => name))
      for (const { name, source } of services) expect(textAt(text, source)).toMatch(new RegExp(`^\\{?\\s*["']?name["']?: ["']?${name}\\b`))
    }), { numRuns: 100 })
  })

  test('says the same of one file and of its services spread over documents', async () => {
    await fc.assert(fc.asyncProperty(config, async ({ instance, services }) => {
      const one = await loadText(stringify({ instance, services }))
      const spread = [{ instance }, ...services.map((each) => ({ services: [each] }))].map((each) => stringify(each)).join('---\n')
      const withoutSource = ({ services: found }: Declared): unknown => found.map((each) => ({ ...each, source: '' }))
      expect(withoutSource(await loadText(spread))).toEqual(withoutSource(one))
    }), { numRuns: 100 })
  })

  test('points at the one bad value, whatever is around it', async () => {
    const bad = fc.constantFrom(
      { key: 'port', value: 987654 }, { key: 'targetPort', value: 987654 }, { key: 'name', value: 'BAD_NAME' }, { key: 'protocol', value: 'BAD_NAME' }, { key: 'unknownKey', value: 1 },
    )
    await fc.assert(fc.asyncProperty(config, style, bad, fc.nat(), async (given, options, { key, value }, i) => {
      const ports = given.services[i % given.services.length]?.ports ?? []
      // A lone port: no rule between ports can speak of it too.
      ports.splice(0, ports.length, { name: 'p0', port: 5, [key]: value })
      const text = stringify(given, options)
      const found = await faultOf(text)
      expect(found?.faults).toHaveLength(1)
      const [fault] = found?.faults ?? []
      expect(textAt(text, `:${fault?.line ?? 0}:${fault?.column ?? 0}`)).toMatch(key === 'unknownKey' ? /^["']?unknownKey/ : new RegExp(`^["']?${value}`))
    }), { numRuns: 100 })
  })

  test('takes or refuses any data, and every fault is inside the text', async () => {
    const schemaKeys = fc.constantFrom('instance', 'services', 'defaults', 'guard', 'resolver', 'name', 'ports', 'targets', 'healthCheck', 'http', 'headers', 'labels', 'x-a', '<<', '__proto__')
    const { node } = fc.letrec((tie) => ({
      node: fc.oneof({ depthSize: 'small' }, fc.constantFrom(null, 0, -1, 1.5, true, '', 'a', '192.0.2.1'), fc.array(tie('node'), { maxLength: 3 }), fc.dictionary(schemaKeys, tie('node'), { maxKeys: 5 })),
    }))
    await fc.assert(fc.asyncProperty(fc.dictionary(schemaKeys, node, { maxKeys: 6 }), async (data) => {
      const text = JSON.stringify(data, null, 1)
      const lines = text.split('\n')
      for (const { line, column } of (await faultOf(text))?.faults ?? []) {
        expect(lines[line - 1]?.length ?? -1).toBeGreaterThanOrEqual(column - 1)
      }
    }), { numRuns: 300 })
  })

  test('takes or refuses any text', async () => {
    const piece = fc.constantFrom('instance: a\n', 'services:\n', '  - name: x\n', '&a ', '*a', '*b', '<<: *a\n', '---\n', '...\n', '[', ']', '{', '}', ': ', '? ', '! ', '|\n', '\t', '"', "'", '%YAML 1.1\n', '#', '\n  ', '\u0000', '\ud800')
    await fc.assert(fc.asyncProperty(fc.array(piece, { maxLength: 20 }), async (pieces) => {
      for (const fault of (await faultOf(pieces.join('')))?.faults ?? []) {
        expect(fault.line).toBeGreaterThanOrEqual(1)
        expect(fault.column).toBeGreaterThanOrEqual(1)
      }
    }), { numRuns: 300 })
  })
})

function textAt(text: string, source: string): string {
  const [line = 0, column = 0] = source.split(':').slice(-2).map(Number)
  return text.split('\n').slice(line - 1).join('\n').slice(column - 1)
}
