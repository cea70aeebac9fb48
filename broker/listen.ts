import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type SecureContextOptions } from 'node:tls'
import { limits } from '../spec/limits.ts'
import { PreAuth, type PreAuthConnection } from './pre-auth.ts'

export interface ListenOptions {
  /** 0 picks a free one. */
  readonly port: number
  readonly host: string
  /** Key and certificate: TLS. */
  readonly tls?: SecureContextOptions
}

export interface Listener {
  readonly port: number
  readonly host: string
  /** New certificate for connections to come; TLS only. */
  setCertificate(context: SecureContextOptions): void
  /** Takes no more connections; those that are open stay. */
  close(): Promise<void>
}

/** Sockets that the listener hands over. */
export type Accept = (socket: Socket, from: { readonly transport: 'tcp' | 'tls'; readonly address: string }) => void

const acceptBacklog = 4_096

/** Opens a port. Rejects with the system's error when the port is taken. */
export async function listen(options: ListenOptions, accept: Accept): Promise<Listener> {
  const tlsServer = options.tls && listenTls(options.tls, accept)
  const server: Server = tlsServer ?? createServer({ noDelay: true }, (socket) => accept(socket, from(socket, 'tcp')))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: options.port, host: options.host, backlog: acceptBacklog }, resolve)
  })
  const bound = server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : options.port
  return {
    port,
    host: options.host,
    setCertificate: (context) => tlsServer?.setSecureContext(context),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** A handshake counts as a connection that has not logged in, and has as long for it (threat 11). */
function listenTls(tls: SecureContextOptions, accept: Accept) {
  const handshakes = new PreAuth()
  const options = { ...tls, handshakeTimeout: limits.connectTimeoutMs, noDelay: true }
  const server = createTlsServer(options, (socket) => accept(socket, from(socket, 'tls')))
  server.on('connection', (socket: Socket) => {
    const entry: PreAuthConnection = {
      address: from(socket, 'tls').address,
      hasSpoken: false,
      evict: () => socket.destroy(),
    }
    handshakes.add(entry)
    socket.once('close', () => handshakes.remove(entry))
  })
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return server
}

function from<T extends 'tcp' | 'tls'>(socket: Socket, transport: T): { transport: T; address: string } {
  return { transport, address: socket.remoteAddress ?? 'unknown' }
}
