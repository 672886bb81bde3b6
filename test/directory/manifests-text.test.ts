import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseAllDocuments } from 'yaml'
import { manifestsText } from '../../src/directory/manifests-text.ts'
import { parseManifest } from '../../src/directory/parse-manifest.ts'
import { type ManagedObject } from '../../src/model/objects.ts'
import { allOf, endpoints, service, slice } from './manifests.ts'

describe('manifestsText', () => {
  test('writes the documents of a service as a person would', () => {
    expect(manifestsText([service(), slice('db', ['192.0.2.10'])])).toBe(`# Written by endpoint-registrar from its config: change that, not this.
apiVersion: v1
kind: Service
metadata:
  name: db
  namespace: shop
  labels:
    app.kubernetes.io/managed-by: endpoint-registrar
    endpoint-registrar.io/instance: shop-platform
spec:
  ports:
    - name: pg
      port: 5432
      protocol: TCP
      targetPort: 6432
  type: ClusterIP
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: db-ipv4
  namespace: shop
  labels:
    app.kubernetes.io/managed-by: endpoint-registrar
    endpoint-registrar.io/instance: shop-platform
    endpointslice.kubernetes.io/managed-by: endpoint-registrar.io
    kubernetes.io/service-name: db
addressType: IPv4
endpoints:
  - addresses:
      - "192.0.2.10"
    conditions:
      ready: true
      serving: true
      terminating: false
ports:
  - name: pg
    port: 6432
    protocol: TCP
`)
  })

  test('gives the same text in whichever order objects and fields come', () => {
    const objects = [...allOf('db'), ...allOf('api')]
    const turned = [...objects].reverse().map((object) => turnedAround(object) as ManagedObject)
    expect(manifestsText(turned)).toBe(manifestsText(objects))
  })

  test('leaves out what only one cluster knows', () => {
    const owner = { apiVersion: 'v1', kind: 'Service', name: 'db', uid: 'u1' }
    const metadata = { ...endpoints().metadata, uid: 'u2', resourceVersion: '7', creationTimestamp: 'then', managedFields: [], ownerReferences: [owner] }
    expect(manifestsText([{ ...endpoints(), metadata }])).toBe(manifestsText([endpoints()]))
    const status = { loadBalancer: {} }
    expect(manifestsText([{ ...service(), status }])).toBe(manifestsText([service()]))
  })

  test('does not use anchors for what two objects share', () => {
    const ports = [{ name: 'pg', port: 6432, protocol: 'TCP' }]
    expect(manifestsText([{ ...slice(), ports }, { ...endpoints(), subsets: [{ ports }, { ports }] }])).not.toMatch(/[&*]/)
  })

  // What a YAML 1.1 reader (kubectl's) takes for something else when it stands without quotes, or cannot read at all.
  const traps = [
    'on', 'Off', 'yes', 'NO', 'y', 'N', 'true', 'null', '~', '', '=', '<<', '012', '0755', '1_000', '12:30:45', '0b1', '0o17', '0x1F', '1e3', '.5', '+1',
    '.inf', '-.NaN', '2001-01-01', 'a: b', 'a #b', '# c', '- x', '-', '?', '@x', '%y', '`z', '!!x', '&a', '*b', ' lead', 'trail ', '---', '...',
    'tab\tx', 'line\nline', 'crlf\r\nx', 'nel\u0085x', 'ls\u2028x', 'ps\u2029x', 'bom\ufeffx', 'bell\u0007', 'del\u007f', 'é', '😀', '\u{e0001}x', '{"a":"it\'s"}', '"\n',
  ]

  test.each(traps)('quotes %j, as key and as value', (text) => {
    const written = manifestsText([withAnnotations({ [text]: text })])
    const line = written.split('\n').find((_, index, lines) => lines[index - 1] === '  annotations:') ?? ''
    expect(line).toMatch(/^ {4}(["']).*\1: (["']).*\2$/)
    expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
  })

  test.each(['1.1', '1.2'] as const)('writes any string such that YAML %s reads the same', (version) => {
    fc.assert(fc.property(fc.dictionary(anyText, anyText), (annotations) => {
      const [document] = parseAllDocuments(manifestsText([withAnnotations(annotations)]), { version })
      expect(document).toMatchObject({ errors: [], warnings: [] })
      expect(document?.toJS()).toEqual(withAnnotations(annotations))
    }))
  })

  const anyText = fc.oneof(fc.constantFrom(...traps), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })).filter((text) => text !== '__proto__')
})

describe('parseManifest', () => {
  test('reads what manifestsText wrote, unknown fields too', () => {
    const [first, second, third] = allOf()
    const extended = { ...first, spec: { ...first.spec, sessionAffinity: 'ClientIP', 'x-more': [{ deep: null }] } }
    expect(parseManifest(manifestsText([extended, second, third]), { namespace: 'shop', name: 'db' }))
      .toEqual({ namespace: 'shop', name: 'db', service: extended, slices: [second], endpoints: third })
  })

  test.each(['', '# soon\n', '---\n# soon\n---\n'])('finds nothing in a file without objects: %j', (text) => {
    expect(parseManifest(text, { namespace: 'shop', name: 'db' })).toEqual({ namespace: 'shop', name: 'db', slices: [] })
  })

  test('passes over what a cluster said, so that the file does not differ from itself', () => {
    const text = manifestsText([service()]).replace('metadata:\n', 'status: { loadBalancer: {} }\nmetadata:\n  uid: u1\n  resourceVersion: "7"\n')
    expect(parseManifest(text, { namespace: 'shop', name: 'db' }).service).toStrictEqual(service())
  })

  const good = manifestsText([service()])
  test.each([
    ['what is not YAML', 'a: [', /^Not YAML: /],
    ['a key twice', `${good}kind: Service\n`, /^Not YAML: Map keys must be unique/],
    ['an alias without an anchor', `${good}status: *nowhere\n`, /^Not YAML: Unresolved alias/],
    ['aliases that multiply', `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`, /^Not YAML: Excessive alias count/],
    ['plain text', 'hello', /^Not a Service, EndpointSlice or Endpoints: /],
    ['another kind', good.replace('kind: Service', 'kind: ConfigMap'), /^Not a Service, EndpointSlice or Endpoints: kind: /],
    ['another version of a kind', good.replace('apiVersion: v1', 'apiVersion: serving.knative.dev/v1'), /^Not a Service.*: apiVersion: /],
    ['a port that is text', good.replace('port: 5432', 'port: many'), /^Not a Service.*: spec: ports: 0: port: /],
    ['labels that are not text', good.replace('shop-platform', '7'), /^Not a Service.*: metadata: labels: /],
    ['a list', 'apiVersion: v1\nkind: List\nitems: []\n', /^Not a Service/],
    ['no namespace', good.replace(/ +namespace: shop\n/, ''), /^Not a Service.*: metadata: namespace: /],
    ['another namespace', good.replace('namespace: shop', 'namespace: store'), /^Holds what is not of this service: Service store\/db/],
    ['another name', manifestsText([service(), endpoints('api')]), /^Holds what is not of this service: Endpoints shop\/api/],
    ['a slice of another service', manifestsText([service(), slice('api')]), /^Holds what is not of this service: EndpointSlice shop\/api-ipv4/],
    ['an object twice', `${good}---\n${good}`, /^Holds an object twice: Service db/],
  ])('calls unreadable a file that holds %s', (_, text, reason) => {
    const { unreadable, ...rest } = parseManifest(text, { namespace: 'shop', name: 'db' })
    expect(unreadable).toMatch(reason)
    expect(rest).toEqual({ namespace: 'shop', name: 'db', slices: [] })
  })
})

function withAnnotations(annotations: Readonly<Record<string, string>>): ManagedObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'db', namespace: 'shop', annotations }, spec: {} }
}

function turnedAround(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turnedAround)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).reverse().map(([key, item]: [string, unknown]) => [key, turnedAround(item)]))
}
