import { createServer as createPlain } from 'node:http'
import type { IncomingMessage, Server as PlainServer, ServerResponse } from 'node:http'
import { createServer as createSecure } from 'node:https'
import type { Duplex } from 'node:stream'
import { limits } from '../../spec/limits.ts'
import type { HttpComponents, HttpInit } from './components.ts'
import { createDoor } from './door.ts'
import type { Door } from './door.ts'
import { readPages } from './pages.ts'
import { refusalText } from './respond.ts'
import { createRoutes } from './routes.ts'

export interface Http extends AsyncDisposable {
  /** Resolves with the port in use. */
  start(): Promise<number>
  stop(): Promise<void>
}

const headerBytesMax = 16 * 1024
const headersMax = 100
const requestTimeoutMs = 30_000

/** One port for HTTP, HTTPS, and MQTT over WebSocket on either. `start` throws what `listen` throws. */
export const createHttp = (components: HttpComponents, init: HttpInit): Http => {
  const options = {
    maxHeaderSize: headerBytesMax,
    headersTimeout: limits.httpHeaderTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: 1_000,
    noDelay: true,
  }
  let door: Door | undefined
  let inner: readonly PlainServer[] = []
  const stop = async (): Promise<void> => {
    const closing = door
    door = undefined
    if (closing === undefined) return
    // `http` stops checking timeouts of its connections only when it is closed itself.
    for (const server of inner) server.close()
    await closing.close()
  }
  return {
    start: async () => {
      const routes = createRoutes(components, {
        pages: await readPages(),
        metricsFrom: init.listener.plainFrom === 'loopback' ? 'loopback' : 'anyone',
      })
      const plain = createPlain(options)
      const secure = createSecure({ ...options, cert: init.tls.cert, key: init.tls.key })
      inner = [plain, secure]
      for (const server of inner) {
        server.on('request', (request, response) => void answer(request, response, { routes, components }))
        server.on('upgrade', (request, socket, head) => upgrade(request, socket, head, components))
        server.on('clientError', refuseBroken)
      }
      door = createDoor({ plain, secure }, init)
      return door.listen()
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

const answer = async (
  request: IncomingMessage,
  response: ServerResponse,
  door: { readonly routes: ReturnType<typeof createRoutes>; readonly components: HttpComponents },
): Promise<void> => {
  try {
    if (hasHostileHeaders(request)) response.writeHead(431, { connection: 'close' }).end()
    else await door.routes(request, response)
  } catch (error) {
    door.components.logger.error({ err: error, path: request.url?.split('?')[0] }, 'an HTTP request failed')
    if (!response.headersSent) response.writeHead(500, { connection: 'close' })
    response.end()
  }
}

/** Threat 44: a flood of headers, or one that would be the prototype of somebody's map. */
const hasHostileHeaders = (request: IncomingMessage): boolean =>
  request.rawHeaders.length > 2 * headersMax ||
  request.rawHeaders.some((name, index) => index % 2 === 0 && name.toLowerCase() === '__proto__')

const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer, components: HttpComponents): void => {
  socket.on('error', () => socket.destroy())
  const path = request.url?.split('?')[0]
  if (hasHostileHeaders(request)) socket.end(refusalText(431))
  else if (path !== '/mqtt') socket.end(refusalText(404))
  else components.onUpgrade(request, socket, head)
}

const refuseBroken = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (socket.destroyed || !socket.writable) return
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
  socket.end(refusalText(status), () => socket.destroy())
}
