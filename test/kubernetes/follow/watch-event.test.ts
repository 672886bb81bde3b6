import { describe, expect, test } from '@jest/globals'
import { ClusterError } from '../../../src/kubernetes/cluster-error.ts'
import { parseWatchEvent } from '../../../src/kubernetes/follow/watch-event.ts'

const object = { metadata: { name: 'db', namespace: 'shop', resourceVersion: '7' } }

describe('parseWatchEvent', () => {
  test.each(['ADDED', 'MODIFIED', 'DELETED'] as const)('reads %s', (type) => {
    expect(parseWatchEvent(JSON.stringify({ type, object }))).toEqual({ type, object })
  })

  test('reads a bookmark as its version', () => {
    const line = { type: 'BOOKMARK', object: { kind: 'Service', metadata: { resourceVersion: '12', creationTimestamp: null } } }
    expect(parseWatchEvent(JSON.stringify(line))).toEqual({ type: 'BOOKMARK', version: '12' })
  })

  test('reads an error as what the server said', () => {
    const line = { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 1 (9)' } }
    const event = parseWatchEvent(JSON.stringify(line))
    expect(event).toMatchObject({ type: 'ERROR', failure: { status: 410, reason: 'Expired', message: 'too old resource version: 1 (9)', retryable: false } })
  })

  test.each([
    '{"type":"ADDED","object":{"metadata":{}}}', '{"type":"ADDED","object":null}', '{"type":"BOOKMARK","object":{}}', '{"type":"NEWS","object":{"metadata":{"name":"db"}}}',
    '{"type":"ADD', 'null', '[]', '<html>', '{}',
  ])('refuses %s', (line) => {
    const parse = (): unknown => parseWatchEvent(line)
    expect(parse).toThrow(ClusterError)
    expect(parse).toThrow(/^The API server's watch cannot be read: /)
  })
})
