import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type RawData, type WebSocket } from 'ws'
import { limits } from '../spec/limits.ts'

export interface WebSocketDoor {
  /** An HTTP server's `upgrade` event; only the subprotocol `mqtt` is spoken (MQTT 5 §6). */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, address?: string): void
}

export type AcceptWebSocket = (webSocket: WebSocket, socket: Socket, address: string) => void

/** A message may hold several packets, or a part of one. */
const messageBytesMax = 2 * limits.packetBytesMax

export function createWebSocketDoor(accept: AcceptWebSocket): WebSocketDoor {
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: messageBytesMax,
    handleProtocols: (offered) => (offered.has('mqtt') ? 'mqtt' : false),
  })
  return {
    handleUpgrade(request, socket, head, address) {
      const offered = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim())
      if (!offered?.includes('mqtt')) {
        socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
        return
      }
      const from = address ?? (socket as Socket).remoteAddress ?? 'unknown'
      server.handleUpgrade(request, socket, head, (webSocket) => accept(webSocket, socket as Socket, from))
    },
  }
}

/** Undefined for a text message: MQTT is binary. */
export function binaryOf(data: RawData, isBinary: boolean): Buffer | undefined {
  if (!isBinary) return undefined
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
