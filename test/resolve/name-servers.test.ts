import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseNameServer, readResolvConf } from '../../src/resolve/name-servers.ts'

let folder: string
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'endpoint-registrar-resolv-')) })
afterAll(async () => { await rm(folder, { recursive: true }) })

test.each([
  ['192.0.2.53', { address: '192.0.2.53', port: 53 }],
  ['192.0.2.53:5353', { address: '192.0.2.53', port: 5353 }],
  ['2001:db8::53', { address: '2001:db8::53', port: 53 }],
  ['[2001:db8::53]:5353', { address: '2001:db8::53', port: 5353 }],
  ['::1', { address: '::1', port: 53 }],
  ['[192.0.2.53]:53', undefined], ['192.0.2.53:0', undefined], ['192.0.2.53:65536', undefined], ['192.0.2.53:', undefined],
  ['dns.example.com', undefined], ['dns.example.com:53', undefined], ['', undefined], ['[::1', undefined], ['010.0.0.1', undefined],
])('parseNameServer() reads %j', (text, server) => {
  expect(parseNameServer(text)).toEqual(server)
})

test.each([
  ['servers in their order, and nothing else', 'search a.example b.example\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 # second\noptions ndots:5 timeout:9\n', ['192.0.2.1', '2001:db8::1']],
  ['no more than the C library reads', [1, 2, 3, 4].map((last) => `nameserver 192.0.2.${last}`).join('\n'), ['192.0.2.1', '192.0.2.2', '192.0.2.3']],
  ['past what is no address', '# nameserver 192.0.2.8\n;nameserver 192.0.2.9\nnameserver dns.example.com\nnameserver 192.0.2.1', ['192.0.2.1']],
  ['lines that end as on Windows', 'nameserver 192.0.2.1\r\n', ['192.0.2.1']],
  ['this machine where none is named', 'search example.com\n', ['127.0.0.1']],
])('readResolvConf() reads %s', async (name, text, addresses) => {
  const path = join(folder, name.replaceAll(' ', '-'))
  await writeFile(path, text)
  expect(await readResolvConf(path)).toEqual(addresses.map((address) => ({ address, port: 53 })))
})

test('readResolvConf() takes this machine where there is no file', async () => {
  expect(await readResolvConf(join(folder, 'missing'))).toEqual([{ address: '127.0.0.1', port: 53 }])
})
