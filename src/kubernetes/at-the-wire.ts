import type { Dispatcher } from 'undici'

/**
 * A dispatcher that calls `check` at the very last moment, when a connection stands and the request is about to be
 * written to it. What `check` throws is what the request fails with, and nothing of it is sent. To look before the
 * request is handed over is not enough: it may wait for a connection, and the process may be stopped meanwhile.
 */
export function atTheWire(dispatcher: Dispatcher, check: () => void): Dispatcher {
  return dispatcher.compose((dispatch) => (options, handler) => {
    const start = handler.onRequestStart?.bind(handler)
    handler.onRequestStart = (controller, context) => {
      check()
      start?.(controller, context)
    }
    return dispatch(options, handler)
  })
}
