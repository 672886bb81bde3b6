// When the API server received each write of an EndpointSlice, from its request log.
import { open } from 'node:fs/promises'
import { type ControlPlane } from '../test/cluster/harness/control-plane.ts'

interface AuditEvent {
  readonly verb: string
  readonly requestReceivedTimestamp: string
  readonly objectRef?: { readonly resource?: string; readonly name?: string }
}

/** Slice name -> when (ms since the epoch) the updates of it were received since this place in the log, in order. */
export async function slicePutsSince(mark: number, { auditLog = '' }: ControlPlane): Promise<ReadonlyMap<string, readonly number[]>> {
  await using handle = await open(auditLog)
  const { size } = await handle.stat()
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - mark), 0, size - mark, mark)
  const puts = new Map<string, number[]>()
  for (const line of buffer.subarray(0, bytesRead).toString('utf8').split('\n').slice(0, -1)) {
    const { verb, requestReceivedTimestamp, objectRef } = JSON.parse(line) as AuditEvent
    if (verb !== 'update' || objectRef?.resource !== 'endpointslices' || objectRef.name === undefined) continue
    puts.set(objectRef.name, [...puts.get(objectRef.name) ?? [], microTime(requestReceivedTimestamp)])
  }
  return puts
}

/** Date.parse drops what is below a millisecond. */
function microTime(text: string): number {
  return Date.parse(text) + Number(`0.${/\.\d{3}(\d+)Z$/.exec(text)?.[1] ?? '0'}`)
}
