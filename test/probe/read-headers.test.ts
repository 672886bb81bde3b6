import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { readHeaders } from '../../src/probe/read-headers.ts'

test.each(['token', 'token\n', 'token\r\n', 'token\n\n'])('readHeaders() leaves out the newlines at the end of %j', async (text) => {
  const folder = await mkdtemp(join(tmpdir(), 'probe-'))
  const file = join(folder, 'token')
  await writeFile(file, text)
  process.env['PROBE_TEST_TOKEN'] = text
  expect(await readHeaders({ A: { file }, B: { env: 'PROBE_TEST_TOKEN' } }, new AbortController().signal)).toEqual({ A: 'token', B: 'token' })
  delete process.env['PROBE_TEST_TOKEN']
  await rm(folder, { recursive: true })
})
