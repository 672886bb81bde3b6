import type { IncomingMessage } from 'node:http'

type Asked = Pick<IncomingMessage, 'headers'> & { readonly socket: { readonly remoteAddress?: string | undefined } }

/**
 * Why this request may not ask for a resync, or undefined where it may. Only who is on this machine may, and no web page
 * that a browser on this machine happens to show: it would come with an Origin, or (by a name of its own that leads to
 * 127.0.0.1) with another Host. What a proxy passes on comes from who knows where, though it arrives over loopback.
 */
export function refuseSync({ headers, socket }: Asked): string | undefined {
  if (!/^(?:::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '')) return 'Only from this machine'
  if (isFromPage(headers)) return 'Not from a web page'
  if (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined) return 'Not through a proxy'
  if (!/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i.test(headers.host ?? '')) return 'Not under another name than localhost'
  return undefined
}

function isFromPage({ origin, 'sec-fetch-site': site }: Asked['headers']): boolean {
  return origin !== undefined || (site !== undefined && site !== 'none')
}
