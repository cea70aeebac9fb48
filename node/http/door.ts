import type { Server as PlainServer } from 'node:http'
import { BlockList, createServer, isIP } from 'node:net'
import type { Server, Socket } from 'node:net'
import { limits } from '../../spec/limits.ts'
import type { Listener } from '../config/listeners.ts'
import type { HttpInit } from './components.ts'

/** First byte of a TLS record that carries a handshake (RFC 8446 §5.1). */
const tlsHandshake = 0x16

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

export const isLoopback = (address: string | undefined): boolean => {
  const plain = address?.replace(/^::ffff:/, '') ?? ''
  const family = isIP(plain)
  return family !== 0 && loopback.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}

export interface Door {
  /** Resolves with the port in use. */
  listen(): Promise<number>
  /** Cuts every connection, WebSockets too. */
  close(): Promise<void>
}

/** Listens, and gives each connection to the plain or the secure server by its first byte. */
export const createDoor = (
  servers: { readonly plain: PlainServer; readonly secure: PlainServer },
  init: Pick<HttpInit, 'listener' | 'connectionsMax'>,
): Door => {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    const cut = (): void => void socket.destroy()
    socket.on('error', cut)
    socket.setTimeout(limits.httpHeaderTimeoutMs, cut)
    socket.once('data', (first: Buffer) => {
      socket.off('error', cut)
      socket.off('timeout', cut)
      socket.setTimeout(0)
      const isSecure = first[0] === tlsHandshake
      if (!isSecure && !plainIsTaken(init.listener.plainFrom, socket)) {
        socket.destroy()
        return
      }
      socket.pause()
      socket.unshift(first)
      ;(isSecure ? servers.secure : servers.plain).emit('connection', socket)
      process.nextTick(() => socket.resume())
    })
  })
  server.maxConnections = init.connectionsMax
  return {
    listen: () => listen(server, init.listener),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

const listen = (server: Server, { host, port }: Listener): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })

const plainIsTaken = (from: Listener['plainFrom'], socket: Socket): boolean =>
  from === 'anyone' || (from === 'loopback' && isLoopback(socket.remoteAddress))
