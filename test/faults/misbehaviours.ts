// What API servers, and what stands in front of them, have been seen to do.

import { type IncomingMessage } from 'node:http'
import { answerStatus, type Asked, type Misbehaviour } from './fault-proxy.ts'

/** Refuses what `meant` picks. */
export function refusing(code: number, reason: string, headers: Readonly<Record<string, string>> = {}, meant: (asked: Asked) => boolean = () => true): Misbehaviour {
  return ({ asked, response }) => {
    if (!meant(asked)) return false
    answerStatus(response, code, reason, headers)
    return true
  }
}

/** Breaks the connection in the middle of each answer. What was to be done is done. */
export function resettingMidBody(): Misbehaviour {
  return ({ forward, response, asked }) => {
    if (asked.isWatch) return false
    forward((answer) => {
      void textOf(answer).then((bytes) => {
        if (response.destroyed) return
        const { 'transfer-encoding': _chunked, ...headers } = answer.headers
        response.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': bytes.length })
        response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)))
        setTimeout(() => { response.destroy() }, 20)
      })
    })
    return true
  }
}

/** Never answers; what was asked for is done in every second case all the same. */
export function hanging(): Misbehaviour {
  let turn = 0
  return ({ forward, asked }) => {
    if (turn++ % 2 === 0 && !asked.isWatch) forward((answer) => { answer.resume() })
    return true
  }
}

/** A few bytes at a time. */
export function dripping(): Misbehaviour {
  return ({ forward, response }) => {
    forward((answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      response.flushHeaders()
      let rest = Buffer.alloc(0)
      let isOver = false
      answer.on('data', (chunk: Buffer) => { rest = Buffer.concat([rest, chunk]) }).on('end', () => { isOver = true })
      const timer = setInterval(() => {
        if (rest.length > 0) response.write(rest.subarray(0, 64))
        rest = rest.subarray(64)
        if (response.destroyed || (isOver && rest.length === 0)) {
          clearInterval(timer)
          response.end()
        }
      }, 20)
    })
    return true
  }
}

/** Two lengths for one answer, which HTTP forbids. What was to be done is done. */
export function garbling(): Misbehaviour {
  return ({ forward, response, asked }) => {
    if (asked.isWatch) return false
    forward((answer) => {
      answer.resume()
      response.socket?.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n')
    })
    return true
  }
}

/** Ends every watch with 410: as its answer, or as an event in it. */
export function expiringWatches(as: 'status' | 'event'): Misbehaviour {
  return ({ asked, response }) => {
    if (!asked.isWatch) return false
    if (as === 'status') answerStatus(response, 410, 'Expired')
    else {
      const object = { apiVersion: 'v1', kind: 'Status', status: 'Failure', reason: 'Expired', message: 'too old resource version', code: 410, metadata: {} }
      response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify({ type: 'ERROR', object })}\n`)
    }
    return true
  }
}

async function textOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
